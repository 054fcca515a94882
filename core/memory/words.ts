/** Scripts written without spaces (and Hangul, whose words carry their particles): indexed as overlapping pairs of letters. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u
const TOKEN = /[\p{L}\p{N}\p{M}\p{Co}]+/gu
const RUN = new RegExp(`${UNSPACED.source}+|(?:(?!${UNSPACED.source}).)+`, 'gu')

/** Longest word that is told from others, in UTF-16 units. */
const MAX_WORD = 64
/** Most words of a question that are looked up. Each costs one look into the index. */
const MAX_TERMS = 24

const STOP_WORDS = new Set(
  `a about after again all also am an and any are as at be because been before being but by can could d did do does
  doing done each for from get got had has have having he her here hers him his how i if in into is it its just like ll
  m me more most my no not now of off on once only or other our out over own re s same she should so some such t than
  that the their them then there these they this those through to too under until up us ve very was we were what when
  where which while who whom why will with would you your yours`.split(/\s+/),
)

/** Whether a word says something of its own. */
export const isTelling = (word: string): boolean => !STOP_WORDS.has(word)

/** The words of a text as the full-text index keeps them: folded by NFKC, unspaced scripts in pairs. */
export function wordsOf(text: string): string[] {
  return runsOf(text).flatMap(({ run, unspaced }) => (unspaced ? pairsOf(run) : [run]))
}

/** One word to look up. */
export interface Term {
  readonly word: string
  /** Also as the beginning of a longer one. */
  readonly prefix: boolean
  /** Speaks for a memory that has it, but not against one without: not every pair of letters is a word. */
  readonly bonus: boolean
}

/** What to look up for a question: its words without stop words (unless nothing else is left), each once, the longest when there are many. */
export function termsOf(question: string): Term[] {
  const terms = new Map<string, Term>()
  for (const { run, unspaced } of runsOf(question)) {
    const letters = unspaced ? Array.from(run) : [run]
    for (const word of letters) terms.set(word, { word, prefix: unspaced, bonus: false })
    if (!unspaced) continue
    for (const word of pairsOf(run).slice(0, -1)) terms.set(word, { word, prefix: false, bonus: true })
  }
  const all = [...terms.values()]
  const telling = all.filter(({ word }) => isTelling(word))
  const wanted = telling.length > 0 ? telling : all
  return [
    ...wanted
      .filter(({ bonus }) => !bonus)
      .toSorted((a, b) => b.word.length - a.word.length)
      .slice(0, MAX_TERMS),
    ...wanted.filter(({ bonus }) => bonus).slice(0, MAX_TERMS),
  ]
}

/** Words that the embedder sees of one piece: it is blind for what comes after about 100. */
const PIECE_WORDS = 100
/** Bounds a piece of long words, or of a script without spaces. */
const PIECE_LENGTH = 800

/** A text in pieces that the embedder sees whole. Only blanks are lost. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = []
  let piece: string[] = []
  let length = 0
  for (const word of text.split(/\s+/).flatMap(cutLong)) {
    if (piece.length === PIECE_WORDS || length + word.length > PIECE_LENGTH) {
      pieces.push(piece.join(' '))
      piece = []
      length = 0
    }
    piece.push(word)
    length += word.length + 1
  }
  if (piece.length > 0) pieces.push(piece.join(' '))
  return pieces
}

function cutLong(word: string): string[] {
  if (word.length <= PIECE_LENGTH) return word === '' ? [] : [word]
  const letters = Array.from(word)
  const size = PIECE_LENGTH / 2
  return Array.from({ length: Math.ceil(letters.length / size) }, (_, at) =>
    letters.slice(at * size, (at + 1) * size).join(''),
  )
}

interface Run {
  readonly run: string
  readonly unspaced: boolean
}

function runsOf(text: string): Run[] {
  const runs: Run[] = []
  for (const [token] of text.normalize('NFKC').toLowerCase().matchAll(TOKEN)) {
    for (const [run] of token.matchAll(RUN)) {
      const unspaced = UNSPACED.test(run)
      runs.push({ run: unspaced ? run : run.slice(0, MAX_WORD).toWellFormed(), unspaced })
    }
  }
  return runs
}

/** 黒い猫 → 黒い, い猫, 猫: every letter begins a word, so that a single one is found by prefix. */
function pairsOf(run: string): string[] {
  const letters = Array.from(run)
  return letters.map((letter, at) => letter + (letters[at + 1] ?? ''))
}
