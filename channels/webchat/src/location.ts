/** What asking for the position led to. */
export type Position = { readonly found: string } | { readonly missing: 'refused' | 'insecure' | 'unknown' }

const WITHIN = 5_000
const OLD_AT_MOST = 5 * 60_000

/**
 * "lat,lng" or why not. Asks the person when the browser has not yet.
 * @param within milliseconds; a message waits at most 5 s for it
 */
export async function findPosition(within = WITHIN): Promise<Position> {
  if (!isSecureContext || !('geolocation' in navigator)) return { missing: 'insecure' }
  return new Promise((resolve) => {
    const tooLate = setTimeout(() => resolve({ missing: 'unknown' }), within)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(tooLate)
        resolve({ found: `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}` })
      },
      (error) => {
        clearTimeout(tooLate)
        resolve({ missing: error.code === error.PERMISSION_DENIED ? 'refused' : 'unknown' })
      },
      { timeout: within, maximumAge: OLD_AT_MOST },
    )
  })
}

/** Said once, where the person asked for it. */
export const WHY_NO_POSITION: Record<'refused' | 'insecure' | 'unknown', string> = {
  refused: 'This browser does not allow your location here. Your messages go without it.',
  insecure:
    'Browsers give a location only over https or on this computer itself. Your messages go without it.',
  unknown: 'Your location could not be found just now. Your message went without it.',
}
