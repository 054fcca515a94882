import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import { OPTIONAL, REQUIRED, WEIGHTS } from './model-folder.ts'

export interface Progress {
  /** Of the files that were begun so far. */
  readonly bytes: number
  readonly total: number
}

/** What went wrong, in words for people. */
export class DownloadError extends Error {
  /** Of the mirror's answer, if there was one. */
  readonly status: number | undefined
  /** What the mirror asked for, in ms. */
  readonly retryAfter: number | undefined

  constructor(message: string, answer: { status?: number; retryAfter?: number | undefined } = {}) {
    super(message)
    this.name = 'DownloadError'
    this.status = answer.status
    this.retryAfter = answer.retryAfter
  }
}

export interface DownloadOptions {
  /** `<owner>/<name>` as the mirror knows it. */
  readonly model: string
  /** A host with the paths of huggingface.co. */
  readonly mirror: string
  /** Where the model is, once it is complete. Until then its files are in `<folder>.part`. */
  readonly folder: string
  /** Longest silence of the mirror, in ms. */
  readonly silence: number
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

const MAX_REDIRECTS = 5

/**
 * Fetches the files of a model. What is complete and checked stays; a file that was cut off is continued where the
 * mirror can do that and the file there is still the same, else begun again. The folder appears when all is there.
 * @returns whether the mirror named the hashes of all files, so that they are known to have come as they should
 * @throws DownloadError
 */
export async function downloadModel(options: DownloadOptions): Promise<{ verified: boolean }> {
  const { model, mirror, folder, silence, signal, onProgress } = options
  const part = `${folder}.part`
  const agent = new Agent({ headersTimeout: silence, bodyTimeout: silence, connect: { timeout: silence } })
  const sizes = new Map<string, Progress>()
  let verified = true

  async function fetchOne(name: string): Promise<void> {
    const checked = await fetchFile({
      url: new URL(`${model}/resolve/main/${name}`, mirror.endsWith('/') ? mirror : `${mirror}/`),
      file: join(part, name),
      agent,
      signal,
      onProgress(progress) {
        sizes.set(name, progress)
        const all = [...sizes.values()]
        onProgress({
          bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
          total: all.reduce((sum, { total }) => sum + total, 0),
        })
      },
    })
    verified &&= checked
  }

  async function fetchIfThere(name: string): Promise<boolean> {
    try {
      await fetchOne(name)
      return true
    } catch (error) {
      if (error instanceof DownloadError && error.status === 404) return false
      throw error
    }
  }

  async function fetchWeights(): Promise<void> {
    for (const { file } of WEIGHTS) {
      if (!(await fetchIfThere(file))) continue
      await fetchIfThere(`${file}_data`)
      return
    }
    throw new DownloadError(`${model} has no ${WEIGHTS.map(({ file }) => file).join(' and no ')}`)
  }

  try {
    for (const name of REQUIRED) await fetchOne(name)
    for (const name of OPTIONAL) await fetchIfThere(name)
    await fetchWeights()
    await rename(part, folder)
    return { verified }
  } catch (cause) {
    throw cause instanceof DownloadError ? cause : new DownloadError(inWords(cause))
  } finally {
    await agent.destroy()
  }
}

interface FileOptions {
  readonly url: URL
  readonly file: string
  readonly agent: Agent
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
}

/** Whether its hash was known. */
async function fetchFile({ url, file, agent, signal, onProgress }: FileOptions): Promise<boolean> {
  if (existsSync(file)) {
    const size = await sizeOf(file)
    onProgress({ bytes: size, total: size })
    return false
  }
  const begun = `${file}.begun`
  await mkdir(dirname(file), { recursive: true })
  const [had, tag] = [await sizeOf(begun), await readFile(`${begun}.etag`, 'utf8').catch(() => '')]
  const canResume = had > 0 && tag !== ''
  const range = canResume ? { range: `bytes=${had}-`, 'if-range': tag } : undefined
  const answer = await follow(url, agent, signal, range).catch(async (error: unknown) => {
    if (error instanceof DownloadError && error.status === 416) await rm(begun)
    throw error
  })
  const { resumed } = answer
  if (!resumed) await rm(begun, { force: true })
  await writeFile(`${begun}.etag`, answer.etag)
  const before = resumed ? had : 0
  const total = before + answer.length
  await writeTo(begun, answer.body, {
    append: resumed,
    onBytes: (bytes) => onProgress({ bytes: before + bytes, total: Math.max(total, before + bytes) }),
  })
  const fault = await faultOf(begun, { total: answer.length > 0 ? total : undefined, hash: answer.hash })
  if (fault) {
    await rm(begun, { force: true })
    throw new DownloadError(`${url} came damaged: ${fault}`)
  }
  await rm(`${begun}.etag`, { force: true })
  await rename(begun, file)
  return answer.hash !== ''
}

/** Each piece as it comes, so that what came stays when the rest does not. */
async function writeTo(
  file: string,
  pieces: AsyncIterable<Buffer>,
  { append, onBytes }: { append: boolean; onBytes: (bytes: number) => void },
): Promise<void> {
  const handle = await open(file, append ? 'a' : 'w')
  try {
    let bytes = 0
    for await (const piece of pieces) {
      await handle.writeFile(piece)
      onBytes((bytes += piece.length))
    }
  } finally {
    await handle.close()
  }
}

interface FileAnswer {
  readonly body: Readable
  /** Of what comes now; 0 when the mirror does not say. */
  readonly length: number
  readonly resumed: boolean
  readonly etag: string
  /** By which a hub names the content: SHA-256 of large files, Git's SHA-1 of small ones. Empty when it is no hub. */
  readonly hash: string
}

/** Redirects are followed by hand: the first answer of a hub names the hash, the last one has the bytes. */
async function follow(
  start: URL,
  agent: Agent,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<FileAnswer> {
  let url = start
  let hash = ''
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const answer = await request(url, { dispatcher: agent, signal, headers })
    const etag = headerOf(answer, 'etag')
    hash ||= bare(headerOf(answer, 'x-linked-etag') || (headerOf(answer, 'x-repo-commit') && etag))
    if (answer.statusCode === 200 || answer.statusCode === 206) {
      return {
        body: answer.body,
        length: Number(headerOf(answer, 'content-length')),
        resumed: answer.statusCode === 206,
        etag: etag.startsWith('W/') ? '' : etag,
        hash: /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) ? hash : '',
      }
    }
    await answer.body.dump()
    const location = headerOf(answer, 'location')
    if (answer.statusCode < 300 || answer.statusCode >= 400 || !location) throw refusal(url, answer)
    url = new URL(location, url)
  }
  throw new DownloadError(`${start} redirects in circles`)
}

function refusal(url: URL, answer: Dispatcher.ResponseData): DownloadError {
  const seconds = Number(headerOf(answer, 'retry-after') || Number.NaN)
  return new DownloadError(`${url} answered ${answer.statusCode}`, {
    status: answer.statusCode,
    retryAfter: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  })
}

const bare = (etag: string): string => etag.replace(/^W\//, '').replaceAll('"', '')
const headerOf = ({ headers }: Dispatcher.ResponseData, name: string): string => String(headers[name] ?? '')

/** What is wrong with a file that came; undefined when nothing is known to be. */
async function faultOf(
  file: string,
  { total, hash }: { total: number | undefined; hash: string },
): Promise<string | undefined> {
  const size = await sizeOf(file)
  if (total !== undefined && size !== total) return `${size} bytes of ${total}`
  if (size === 0) return 'it is empty'
  const digest = hash.length === 64 ? digestOf(file, 'sha256') : digestOf(file, 'sha1', `blob ${size}\0`)
  if (hash !== '' && (await digest) !== hash) return 'its hash is another'
  if (file.endsWith('.json.begun') && !isJson(await readFile(file, 'utf8'))) return 'it is not JSON'
  return undefined
}

async function digestOf(file: string, algorithm: 'sha256' | 'sha1', before = ''): Promise<string> {
  const hash = createHash(algorithm).update(before)
  for await (const piece of createReadStream(file)) hash.update(piece)
  return hash.digest('hex')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )

function inWords(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC') return 'the disk is full'
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'the mirror is silent'
  return message || String(cause)
}
