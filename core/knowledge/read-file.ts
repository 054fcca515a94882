import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { getDocumentProxy } from 'unpdf'
import type { Passage } from './knowledge.ts'
import { MOST_PASSAGES, passagesOfPages, passagesOfText } from './passages.ts'

/** What a file holds, or why it cannot be read. */
export interface ReadFile {
  /** SHA-256 of its bytes. */
  readonly hash: string
  readonly passages: readonly Passage[]
  /** Why there are none, or not all. */
  readonly detail?: string
}

export const MAX_FILE = 32 * 1024 * 1024
const MAX_PAGES = 3_000
const MAX_LETTERS = 8_000_000

/** Reads a file without following a link. @throws Error in words for people when it cannot be read */
export async function readKnowledgeFile(path: string, name: string): Promise<ReadFile> {
  const bytes = await bytesOf(path)
  const passages = isPdf(bytes)
    ? passagesOfPages(await pagesOf(bytes))
    : passagesOfText(textOf(bytes), /\.(md|markdown|mdown)$/i.test(name))
  const whole = passages.length < MOST_PASSAGES
  return {
    hash: hash('sha256', bytes),
    passages,
    ...(passages.length === 0 && { detail: 'holds no text; a scan has to be made searchable first' }),
    ...(!whole && { detail: `only its first ${MOST_PASSAGES} passages are read` }),
  }
}

async function bytesOf(path: string): Promise<Buffer> {
  // Without O_NONBLOCK the opening of a pipe waits for ever.
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const { size } = await regular(file)
  if (size > MAX_FILE) throw new Error(`is larger than ${MAX_FILE / 1024 / 1024} MB`)
  const bytes = Buffer.alloc(size)
  const { bytesRead } = await file.read(bytes, 0, size, 0)
  return bytes.subarray(0, bytesRead)
}

async function regular(file: Awaited<ReturnType<typeof open>>) {
  const stats = await file.stat()
  if (!stats.isFile()) throw new Error('is no plain file')
  return stats
}

const isPdf = (bytes: Buffer): boolean => bytes.subarray(0, 1024).includes('%PDF-')

function textOf(bytes: Buffer): string {
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined
  if (wide === undefined && bytes.includes(0)) throw new Error(NOT_TEXT)
  try {
    return new TextDecoder(wide ?? 'utf-8', { fatal: true }).decode(bytes).slice(0, MAX_LETTERS)
  } catch {
    throw new Error(NOT_TEXT)
  }
}

const NOT_TEXT = 'is neither text (UTF-8), Markdown nor PDF'

async function pagesOf(bytes: Buffer): Promise<string[]> {
  const unpdf = await import('unpdf')
  const document = await unpdf.getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 }).catch(explainPdf)
  const pages: string[] = []
  let letters = 0
  for (let number = 1; number <= Math.min(document.numPages, MAX_PAGES) && letters < MAX_LETTERS; number++) {
    const text = await pageText(document, number)
    letters += text.length
    pages.push(text)
  }
  return pages
}

type Document = Awaited<ReturnType<typeof getDocumentProxy>>

/** A broken page is an empty one: the others are still worth reading. */
async function pageText(document: Document, number: number): Promise<string> {
  try {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    page.cleanup()
    return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('')
  } catch {
    return ''
  }
}

function explainPdf(cause: Error): never {
  if (cause.name === 'PasswordException') throw new Error('is locked with a password', { cause })
  throw new Error('is a broken PDF', { cause })
}
