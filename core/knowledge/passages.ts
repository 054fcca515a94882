import type { Passage } from './knowledge.ts'

/** Longest passage, in letters: what a prompt can quote and an embedder sees whole. */
const LONGEST = 900
/** Most passages of one file. */
export const MOST_PASSAGES = 5_000

/** A paragraph, and where it stands: its lines, or its page. */
interface Block {
  readonly text: string
  readonly heading: string
  readonly page: number | undefined
  readonly from: number
  readonly to: number
}

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' })

/** A text or Markdown file in passages: along its headings and paragraphs, cited by heading and line. */
export function passagesOfText(text: string, markdown: boolean): Passage[] {
  const blocks: Block[] = []
  const path: string[] = []
  let lines: string[] = []
  let from = 1
  let fenced = false

  function end(): void {
    const heading = path.filter(Boolean).join(' › ')
    const paragraph = lines.join('\n').trim()
    const to = from + lines.length - 1
    if (paragraph !== '') blocks.push({ text: paragraph, heading, page: undefined, from, to })
    lines = []
  }

  for (const [at, line] of text.split(/\r\n?|\n/).entries()) {
    if (markdown && /^\s*(```|~~~)/.test(line)) fenced = !fenced
    const [, level, title] = (markdown && !fenced && /^(#{1,6})\s+(.+?)\s*#*\s*$/.exec(line)) || []
    if (level !== undefined && title !== undefined) {
      end()
      path.length = level.length - 1
      path[level.length - 1] = title.slice(0, 120)
    } else if (line.trim() === '') end()
    else {
      if (lines.length === 0) from = at + 1
      lines.push(line)
    }
  }
  end()
  return joined(blocks)
}

/** A document of pages in passages, none of them over the end of a page. */
export function passagesOfPages(pages: readonly string[]): Passage[] {
  return joined(
    pages.flatMap((page, at) =>
      flowing(page)
        .split(/\n{2,}/)
        .map((paragraph) => ({ text: paragraph.trim(), heading: '', page: at + 1, from: 0, to: 0 }))
        .filter(({ text }) => text !== ''),
    ),
  )
}

/** Lines as the page breaks them, as a text that flows. */
const flowing = (page: string): string =>
  page
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/(\p{Ll})-\n(\p{Ll})/gu, '$1$2')
    .replaceAll(/(?<!\n) ?\n ?(?!\n)/g, ' ')

/** Short paragraphs together, long ones apart; never over a heading or a page. */
function joined(blocks: readonly Block[]): Passage[] {
  const passages: Passage[] = []
  let open: Block | undefined
  for (const block of blocks) {
    for (const text of parts(block.text)) {
      const fits = open && isBeside(open, block) && open.text.length + text.length <= LONGEST
      if (open && !fits) passages.push(toPassage(open))
      if (passages.length >= MOST_PASSAGES) return passages
      open = open && fits ? { ...open, text: `${open.text}\n${text}`, to: block.to } : { ...block, text }
    }
  }
  return open ? [...passages, toPassage(open)] : passages
}

const isBeside = (one: Block, other: Block): boolean =>
  one.heading === other.heading && one.page === other.page

const toPassage = ({ heading, text, ...where }: Block): Passage => ({
  text: heading === '' ? text : `${heading}\n${text}`,
  place: [heading, placeOf(where)].filter(Boolean).join(', '),
})

function placeOf({ page, from, to }: Pick<Block, 'page' | 'from' | 'to'>): string {
  if (page !== undefined) return `page ${page}`
  return from === to ? `line ${from}` : `lines ${from}–${to}`
}

/** A paragraph at its sentences, a sentence at its letters, where it is too long. */
function parts(paragraph: string): string[] {
  if (paragraph.length <= LONGEST) return [paragraph]
  const found: string[] = []
  let part = ''
  for (const { segment } of SENTENCES.segment(paragraph)) {
    if (part !== '' && part.length + segment.length > LONGEST) {
      found.push(part.trim())
      part = ''
    }
    part += segment
    for (; part.length > LONGEST; part = part.slice(LONGEST))
      found.push(part.slice(0, LONGEST).toWellFormed())
  }
  return [...found, part.trim()].filter(Boolean)
}
