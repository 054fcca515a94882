import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { crc32 } from 'node:zlib'
import { openDatabase } from '../../../core/database.ts'
import { createLog } from '../../../core/log.ts'
import type { Embedder } from '../../../core/memory/embedder.ts'
import { givenEmbedders } from '../../../core/memory/embedders/choose.ts'
import { createMemory, memoryMigrations } from '../../../core/memory/index.ts'
import type { NewMemory } from '../../../core/memory/memory.ts'
import { createRandom } from '../../prove/random.ts'

const DIMENSIONS = 512
const TOPICS = 200
/** How far a memory lies from its topic, against how far the topics lie from each other. */
const SPREAD = 0.6
/** Each of them, turned by up to DIMENSIONS places, is what is a memory's own: enough for a million. */
const NOISES = 2_048

/**
 * Synthetic vectors: a text `… topic 7 … #123` lies near the others of topic 7. They take a few µs, as embedding is not
 * measured here and has a process of its own elsewhere.
 */
export function topicEmbedder(): Embedder {
  const topics = Array.from({ length: TOPICS }, (_, topic) => noise(topic))
  const noises = Array.from({ length: NOISES }, (_, number) => noise(TOPICS + number))

  function vectorOf(text: string): Float32Array {
    const topic = topics[Number(/topic (\d+)/.exec(text)?.[1] ?? 0) % TOPICS] ?? new Float32Array(DIMENSIONS)
    const number = Number(/#(\d+)/.exec(text)?.[1] ?? 0)
    const own = noises[number % NOISES] ?? topic
    const turned = Math.floor(number / NOISES)
    const vector = new Float32Array(DIMENSIONS)
    for (let at = 0; at < DIMENSIONS; at++)
      vector[at] = (topic[at] ?? 0) + SPREAD * (own[(at + turned) % DIMENSIONS] ?? 0)
    return unit(vector)
  }

  return {
    id: 'topics',
    dimensions: DIMENSIONS,
    embed: async (texts) => texts.map(vectorOf),
    close: async () => undefined,
  }
}

/** Any text has a vector of its own, near to no other. What was embedded once takes no time again. */
export function textEmbedder(): Embedder {
  const known = new Map<string, Float32Array>()
  function remember(text: string): Float32Array {
    const vector = unit(noise(crc32(text)))
    known.set(text, vector)
    return vector
  }
  return {
    id: 'texts',
    dimensions: DIMENSIONS,
    embed: async (texts) => texts.map((text) => known.get(text) ?? remember(text)),
    close: async () => undefined,
  }
}

/** In place. Loops: the methods of typed arrays take a hundred times as long. */
function unit(vector: Float32Array): Float32Array {
  let sum = 0
  for (const x of vector) sum += x * x
  const length = Math.sqrt(sum)
  for (let at = 0; at < DIMENSIONS; at++) vector[at] = (vector[at] ?? 0) / length
  return vector
}

function noise(seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: DIMENSIONS }, () => random() * 2 - 1)
}

const THINGS = 'garden boat letter piano kitchen bicycle holiday doctor school market winter concert'.split(
  ' ',
)
const DEEDS = 'bought painted lost found repaired borrowed promised forgot sold visited'.split(' ')

const OF_ONE_TALK = 25

/** A short English sentence about one of the topics. */
export const sentence = (number: number): string =>
  `I ${DEEDS[number % DEEDS.length]} the ${THINGS[number % THINGS.length]} of topic ${number % TOPICS} #${number}`

export const memoryOf = (namespace: string, number: number): NewMemory => ({
  namespace,
  text: sentence(number),
  source: { kind: 'plugin', id: 'bench' },
  metadata: { session: `talk ${Math.floor(number / OF_ONE_TALK)}`, seq: number },
})

/** A memory on real files below `home`. */
export function openScene(home: string, embedder: Embedder = topicEmbedder()) {
  const database = openDatabase(join(home, 'core.db'), memoryMigrations)
  const folder = join(home, 'lancedb')
  const memory = createMemory({
    database,
    folder,
    log: createLog('warn'),
    embedders: givenEmbedders(embedder),
  })
  return {
    memory,
    database,
    folder,
    async close() {
      await memory.close()
      database.close()
    },
  }
}
export type Scene = ReturnType<typeof openScene>

/** Files of a folder, and what they take, in bytes. */
export function weightOf(folder: string): { files: number; bytes: number } {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []
  const files = names
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
    .filter((stats) => stats?.isFile())
  return { files: files.length, bytes: files.reduce((sum, stats) => sum + (stats?.size ?? 0), 0) }
}

/** CPU time of this process so far, in ms: says more than the clock on a machine that does other things too. */
export const cpu = (): number => (({ user, system }) => (user + system) / 1_000)(process.cpuUsage())

/** How long it took, in ms. */
export async function timed(job: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await job()
  return performance.now() - begun
}

export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0

/** The longest time, in ms, for which nothing else in this process could go on; of each 2 ms it looks once. */
export function watchLoop(): () => number {
  const delays = monitorEventLoopDelay({ resolution: 2 })
  delays.enable()
  return () => {
    delays.disable()
    return delays.max / 1e6
  }
}
