import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What goes wrong with one file, once for each entry, in their order. */
export type Mishap =
  | 'cut'
  | 'corrupt'
  | 'empty'
  | 'html'
  | 'silent'
  | 'silent in the middle'
  | 'slow'
  | { readonly status: number; readonly headers?: Record<string, string> }

/** A mirror with the paths of huggingface.co that serves one model, with mishaps. */
export interface TestMirror extends AsyncDisposable {
  readonly url: string
  /** `GET name` or `GET name from 100`, in the order they came. */
  readonly asked: string[]
  files: ReadonlyMap<string, Buffer>
}

export async function startMirror(
  files: ReadonlyMap<string, Buffer>,
  {
    mishaps = {},
    hub = true,
  }: {
    mishaps?: Record<string, Mishap[]>
    /** Names hashes, and redirects to where the bytes are. */ hub?: boolean
  } = {},
): Promise<TestMirror> {
  const asked: string[] = []
  const server = createServer(async ({ url = '', headers }, response) => {
    const [, place, name = ''] = /\/(resolve\/main|bytes)\/(.+)$/.exec(url) ?? []
    const content = mirror.files.get(name)
    if (!content) return void response.writeHead(404).end('no such file')
    if (hub && place !== 'bytes') {
      const location = url.replace('resolve/main', 'bytes')
      return void response.writeHead(302, { location, 'x-linked-etag': `"${sha256(content)}"` }).end()
    }
    const from = Number(/^bytes=(\d+)-$/.exec(String(headers.range))?.[1] ?? 0)
    const etag = `"v-${sha256(content).slice(0, 8)}"`
    const resumes = from > 0 && headers['if-range'] === etag
    asked.push(`GET ${name}${resumes ? ` from ${from}` : ''}`)
    const rest = resumes ? content.subarray(from) : content
    const mishap = mishaps[name]?.shift()
    if (typeof mishap === 'object') return void response.writeHead(mishap.status, mishap.headers).end('no')
    const status = resumes ? 206 : 200
    const length = mishap === 'empty' ? 0 : mishap === 'html' ? HTML.length : rest.length
    if (mishap === 'silent') return
    response.writeHead(status, { etag, 'content-length': length })
    await send(response, rest, mishap)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const mirror: TestMirror = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    files,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return mirror
}

const HTML = '<html>Please log in to this network</html>'

async function send(response: ServerResponse, content: Buffer, mishap: Mishap | undefined): Promise<void> {
  const half = content.subarray(0, content.length / 2)
  if (mishap === 'empty') response.end()
  else if (mishap === 'html') response.end(HTML)
  else if (mishap === 'corrupt')
    response.end(Buffer.concat([half, Buffer.alloc(content.length - half.length, 7)]))
  else if (mishap === 'cut') response.write(half, () => setTimeout(() => response.destroy(), 20))
  else if (mishap === 'silent in the middle') response.write(half)
  else if (mishap === 'slow') {
    for (let at = 0; at < content.length; at += content.length / 10) {
      response.write(content.subarray(at, at + content.length / 10))
      await pause(30)
    }
    response.end()
  } else response.end(content)
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')
