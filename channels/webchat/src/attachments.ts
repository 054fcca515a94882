import type { StoredFile } from './stored-files.ts'
import { type Attachment, newId } from './turn.ts'
import type { Words } from './words/en.ts'

const MB = 1024 * 1024
/** Largest picture or file. */
const LARGEST = 10 * MB
/** Largest sum in one message: Core takes bodies of 32 MB, and data: URLs are a third longer than what they carry. */
const LARGEST_TOGETHER = 20 * MB
const MOST = 20

/** What could be attached, and in one sentence what could not. */
export interface Packed {
  readonly added: readonly Attachment[]
  readonly problem: string | undefined
}

/** Reads files that the person chose, pasted or dropped. @param present what is attached already */
export async function pack(
  files: readonly File[],
  present: readonly Attachment[],
  words: Words,
): Promise<Packed> {
  const problem = tooMuch(files, present, words)
  if (problem) return { added: [], problem }
  const added = await Promise.all(
    files.map(async (file) => ({
      id: newId(),
      name: file.name || 'file',
      type: file.type,
      size: file.size,
      url: await dataUrl(file),
    })),
  )
  return { added, problem: undefined }
}

function tooMuch(files: readonly File[], present: readonly Attachment[], words: Words): string | undefined {
  const large = files.find(({ size }) => size > LARGEST)
  if (large) return words.tooLarge(large.name, LARGEST / MB)
  if (files.length + present.length > MOST) return words.tooManyFiles(MOST)
  const together = [...files, ...present].reduce((sum, { size }) => sum + size, 0)
  if (together > LARGEST_TOGETHER) return words.tooMuch(LARGEST_TOGETHER / MB)
  return undefined
}

function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(String(reader.result)))
    reader.addEventListener('error', () => reject(reader.error))
    reader.readAsDataURL(file)
  })
}

/** What lies in Core, to be sent once more. @throws TypeError when Core is not there */
export const attachAgain = (files: readonly StoredFile[]): Promise<Attachment[]> =>
  Promise.all(
    files.map(async ({ name, address, isPicture }) => {
      const blob = await (await fetch(address)).blob()
      const url = await dataUrl(blob)
      return { id: newId(), name, type: isPicture ? blob.type : '', size: blob.size, url }
    }),
  )

/** The content of a data: URL with base64, as the page may show it; undefined for any other address. */
export function blobOf(url: string): Blob | undefined {
  const [, type, base64] = /^data:([^;,]*)(?:;[^;,]*)*;base64,([A-Za-z0-9+/=\s]*)$/.exec(url) ?? []
  if (base64 === undefined) return undefined
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: type ?? '' })
}
