import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { createLog } from '../../core/log.ts'
import { createVectors } from '../../core/memory/vectors.ts'
import { createRandom } from './random.ts'
import type { ProveOptions, Report } from './report.ts'
import { openTwoSpaces } from './two-spaces.ts'

/** Every fourth kill comes within this after the start of the process, in ms. */
const WITHIN = 700
/** The others come after it has said so many lines at most, and within so many ms after that. */
const LINES = 60
const AFTER = 60

/** What the killed processes said, in their order. */
interface Said {
  readonly added: Set<string>
  readonly doomed: Set<string>
  readonly forgotten: Set<string>
}

/**
 * A process that adds to, searches in and forgets from four namespaces is killed at random moments: while it adds,
 * indexes, merges files, rebuilds for another embedder, swaps, or takes up what the last one left. Then: whatever was
 * acknowledged is there once, what was forgotten is not, and the index holds exactly the record.
 */
export async function killMemory({ times, seed }: ProveOptions): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), 'homeclaw-prove-'))
  const random = createRandom(seed)
  const said: Said = { added: new Set(), doomed: new Set(), forgotten: new Set() }
  const failures: string[] = []
  const midway = { waiting: 0, rebuilding: 0 }
  try {
    for (let turn = 1; turn <= times; turn++) {
      await writeUntilKilled(home, turn, { random, said })
      const scene = openTwoSpaces(home, turn)
      const { waiting, rebuilding } = scene.memory.status()
      if (waiting > 0) midway.waiting++
      if (rebuilding) midway.rebuilding++
      // Every third time the next process takes up what this one left.
      if (turn % 3 > 0 || turn === times) await scene.memory.indexed()
      const complete = turn % 3 > 0 || turn === times
      const record = recordOf(scene)
      await scene.close()
      failures.push(...faultsOf(record, said).map((fault) => `kill ${turn}: ${fault}`))
      if (complete)
        failures.push(...(await indexFaults(record, scene.folder)).map((fault) => `kill ${turn}: ${fault}`))
    }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
  return {
    failures,
    figures: {
      kills: times,
      seed,
      acknowledged: said.added.size,
      forgotten: said.forgotten.size,
      'killed before all was indexed': midway.waiting,
      'killed in a rebuild': midway.rebuilding,
    },
  }
}

async function writeUntilKilled(
  home: string,
  turn: number,
  { random, said }: { random: () => number; said: Said },
): Promise<void> {
  const program = join(import.meta.dirname, 'programs/memory-writer.ts')
  const child = spawn(process.execPath, [program, home, String(turn)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const lines = createInterface(child.stdout)
  const spoken = Promise.withResolvers<void>()
  let left = Math.ceil(random() * LINES)
  lines.on('line', (line) => {
    const kinds: Record<string, Set<string>> = { '+': said.added, '?': said.doomed, '-': said.forgotten }
    kinds[line.slice(0, 1)]?.add(line.slice(2))
    if (--left === 0) spoken.resolve()
  })
  if (turn % 4 > 0) await Promise.race([spoken.promise, ended])
  await pause(random() * (turn % 4 > 0 ? AFTER : WITHIN))
  child.kill('SIGKILL')
  await ended
}

interface RecordRow {
  readonly number: number
  readonly text: string
  readonly pieces: number | null
  readonly namespace: number
  readonly space: number
}

const recordOf = ({ database }: ReturnType<typeof openTwoSpaces>): RecordRow[] =>
  database.sql
    .prepare<[], RecordRow>(
      `select number, text, pieces, namespace_id as namespace, space from memory
       join namespace on namespace.id = namespace_id order by number`,
    )
    .all()

function faultsOf(record: readonly RecordRow[], { added, doomed, forgotten }: Said): string[] {
  const stored = new Map<string, number>()
  for (const { text } of record) stored.set(text, (stored.get(text) ?? 0) + 1)
  return [
    ...[...added].filter((text) => !stored.has(text) && !doomed.has(text)).map((text) => `lost: ${text}`),
    ...[...stored].filter(([, count]) => count > 1).map(([text]) => `double: ${text}`),
    ...[...forgotten].filter((text) => stored.has(text)).map((text) => `not forgotten: ${text}`),
  ]
}

/** Reads the tables as they lie on disk, after everything was closed. */
async function indexFaults(record: readonly RecordRow[], folder: string): Promise<string[]> {
  const vectors = createVectors({ folder, log: createLog('silent') })
  const faults: string[] = []
  const places = Map.groupBy(record, ({ namespace, space }) => `${namespace} ${space}`)
  for (const rows of places.values()) {
    const [{ namespace, space } = { namespace: 0, space: 0 }] = rows
    const held = await vectors.of({ namespace, space }).contents()
    const wrong = rows.filter(({ number, pieces }) => pieces === null || (held.get(number) ?? 0) !== pieces)
    if (wrong.length > 0)
      faults.push(`namespace ${namespace}: ${wrong.length} memories are not indexed as recorded`)
    if (held.size !== rows.length)
      faults.push(`namespace ${namespace}: ${held.size} in the index, ${rows.length} in the record`)
  }
  const left = vectors.places().filter(({ namespace, space }) => !places.has(`${namespace} ${space}`))
  if (left.length > 0) faults.push(`tables that nobody needs: ${JSON.stringify(left)}`)
  await vectors.close()
  return faults
}
