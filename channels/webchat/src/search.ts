/** Letters in front of the first word that was found. */
const BEFORE = 24
const LONGEST = 160

/** A text around the words that were looked for: every second part is one of them. */
export function marked(text: string, query: string): string[] {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const words = query.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  if (words.length === 0) return [line.slice(0, LONGEST)]
  const pattern = new RegExp(`(${words.join('|')})`, 'giu')
  const first = Math.max(0, line.search(pattern))
  const start = first > BEFORE ? line.indexOf(' ', first - BEFORE) + 1 : 0
  const shown = `${start > 0 ? '… ' : ''}${line.slice(start, start + LONGEST)}`
  return shown.split(pattern)
}
