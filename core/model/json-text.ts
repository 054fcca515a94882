/** How many places of a text are tried as the begin of JSON; bounds the work on a text full of brackets. */
const MAX_TRIES = 20

/**
 * The JSON that a model wrote, also inside of a fence or of prose: the whole text, a fenced block, else the first
 * balanced `{…}` (then `[…]`) that parses. Undefined when there is none.
 */
export function findJson(text: string): string | undefined {
  for (const whole of [text.trim(), insideFence(text)]) {
    if (isStructure(whole)) return whole
  }
  return firstBalanced(text, '{', '}') ?? firstBalanced(text, '[', ']')
}

function insideFence(text: string): string {
  const from = text.indexOf('```')
  const to = text.indexOf('```', from + 3)
  if (from === -1 || to === -1) return ''
  return text
    .slice(from + 3, to)
    .replace(/^json/i, '')
    .trim()
}

function firstBalanced(text: string, open: string, close: string): string | undefined {
  let from = text.indexOf(open)
  for (let tries = 0; from !== -1 && tries < MAX_TRIES; tries++) {
    const end = endOfBalanced(text, from, open, close)
    if (end !== -1 && isStructure(text.slice(from, end))) return text.slice(from, end)
    from = text.indexOf(open, from + 1)
  }
  return undefined
}

/** The place after the bracket that closes the one at `from`, or -1. Brackets inside of strings do not count. */
function endOfBalanced(text: string, from: number, open: string, close: string): number {
  let depth = 0
  let inString = false
  for (let at = from; at < text.length; at++) {
    const letter = text[at]
    if (inString) {
      if (letter === '\\') at++
      else if (letter === '"') inString = false
    } else if (letter === '"') inString = true
    else if (letter === open) depth++
    else if (letter === close && --depth === 0) return at + 1
  }
  return -1
}

function isStructure(text: string): boolean {
  if (!/^[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
