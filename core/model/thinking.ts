/** Takes a model's thinking aloud out of a stream of text. */
export interface ThinkingFilter {
  /** Returns what of the text so far may be shown; keeps back what could still be the begin of a mark. */
  push(text: string): string
  /** What was kept back and turned out to be text. */
  end(): string
}

const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Leaves out `<think>…</think>` and the blanks at the very begin of an answer. A mark after a backtick is somebody
 * writing about the mark. Thinking that never ends is no text when the answer began with it, else it was not thinking.
 */
export function createThinkingFilter(): ThinkingFilter {
  let kept = ''
  let thinking = false
  let shown = ''

  function show(text: string): string {
    const visible = shown === '' ? text.trimStart() : text
    if (visible !== '') shown = visible.slice(-1)
    return visible
  }

  function next(): string | undefined {
    const mark = thinking ? CLOSE : OPEN
    const at = kept.indexOf(mark)
    if (at === -1) return undefined
    const before = kept.slice(0, at)
    const rest = kept.slice(at + mark.length)
    if (thinking) {
      thinking = false
      kept = shown === '' ? rest.trimStart() : rest
      return ''
    }
    const quoted = (before.at(-1) ?? shown) === '`'
    kept = rest
    thinking = !quoted
    return show(quoted ? before + OPEN : before)
  }

  return {
    push(text) {
      kept += text
      let visible = ''
      for (let part = next(); part !== undefined; part = next()) visible += part
      if (thinking) return visible
      const safe = kept.length - beginOf(OPEN, kept)
      visible += show(kept.slice(0, safe))
      kept = kept.slice(safe)
      return visible
    },
    end() {
      if (thinking) return shown === '' ? '' : show(OPEN + kept)
      return show(kept)
    },
  }
}

/** How many letters at the end of `text` could be the begin of `mark`. */
function beginOf(mark: string, text: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length))) return length
  }
  return 0
}
