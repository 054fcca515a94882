const ALLOWED = new Set(['http:', 'https:', 'mailto:'])

/** The address when it may be opened from a message: absolute, and http, https or mailto. */
export function openable(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url && ALLOWED.has(url.protocol) ? url : undefined
}
