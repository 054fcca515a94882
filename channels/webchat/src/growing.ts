import { Lexer, type Token } from 'marked'

/** Longer texts are shown as they are: nobody reads them as a document, and hostile ones cost seconds. */
const LONGEST = 50_000
/** The last blocks of a text that still grows may become something else; those before them may not. */
const UNSETTLED = 2

/** The blocks of a Markdown text. A text that cannot be read as Markdown is one block of plain text. */
export function blocksOf(text: string): Token[] {
  if (text.length > LONGEST) return [plain(text)]
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text)
  } catch {
    // marked recurses: thousands of nested quotes or lists end its stack, in one of several errors.
    return [plain(text)]
  }
}

/**
 * Reads a text that grows, again and again, and only its tail: blocks that are settled stay the same objects.
 * A link whose address is defined further down is not known yet; the finished text is to be read by `blocksOf`.
 */
export function createGrowingBlocks(): (text: string) => Token[] {
  let settled: Token[] = []
  let settledText = ''
  return (text) => {
    if (!text.startsWith(settledText)) [settled, settledText] = [[], '']
    const tail = blocksOf(text.slice(settledText.length))
    const done = tail.slice(0, firstUnsettled(tail))
    settled = [...settled, ...done]
    settledText += done.map(({ raw }) => raw).join('')
    return [...settled, ...tail.slice(done.length)]
  }
}

function firstUnsettled(tail: readonly Token[]): number {
  const blocks = tail.flatMap(({ type }, at) => (type === 'space' ? [] : [at]))
  return blocks.at(-UNSETTLED) ?? 0
}

const plain = (text: string): Token => ({ type: 'plain', raw: text, text })
