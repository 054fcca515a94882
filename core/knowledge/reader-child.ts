/**
 * The reader's process: reads each file it is told and answers with its passages. Ends when its parent goes.
 * @module
 */
import { Worker } from 'node:worker_threads'
import { type ReadFile, readKnowledgeFile } from './read-file.ts'

export interface ReadRequest {
  readonly path: string
  readonly name: string
}

export type ReadAnswer = ReadFile | { readonly error: string }

process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => undefined)

/** What a small file may unfold into lies outside of the heap that Node bounds. */
const MOST_MEMORY = 1024 ** 3
const guard = `setInterval(() => process.memoryUsage.rss() > ${MOST_MEMORY} && process.kill(process.pid, 'SIGKILL'), 50)`
new Worker(guard, { eval: true }).unref()

process.on('message', async ({ path, name }: ReadRequest) => {
  process.send?.(await answer(path, name))
})

async function answer(path: string, name: string): Promise<ReadAnswer> {
  try {
    return await readKnowledgeFile(path, name)
  } catch (error) {
    return { error: wordsOf(error as NodeJS.ErrnoException) }
  }
}

function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ELOOP') return 'is a link; put the file itself here'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read'
  if (code === 'ENOENT') return 'is gone'
  return code === undefined ? message : `cannot be read (${code})`
}
