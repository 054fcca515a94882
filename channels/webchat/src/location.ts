/** What asking for the position led to. */
export type Position = { readonly found: string } | { readonly missing: Missing }
export type Missing = 'refused' | 'insecure' | 'unknown'

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
