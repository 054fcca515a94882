import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Spaces, SpaceSpec } from '../spaces.ts'
import { Hopeless, type Report } from './arrival.ts'
import { downloadModel } from './download.ts'
import { fingerprintOf, type ModelFolder, readModelFolder, stampOf } from './model-folder.ts'
import { ModelFault, startEmbedderProcess } from './process.ts'
import { childOf } from './transformers.ts'

/** How long a model may take to load for the first time, in ms. */
const LOADING = 120_000

export interface ModelSource {
  /** As core.yml names it. */
  readonly model: string
  readonly folder: string
  /** Where it is fetched from when it is not there; undefined when the folder is the owner's own. */
  readonly mirror: { readonly url: string; readonly silence: number } | undefined
}

/**
 * Fetches the model if it is not there, and makes sure that it loads.
 * @returns the name of its vector space, and how to open it
 * @throws Hopeless when trying again would not help
 */
export async function bringModel(
  { model, folder, mirror }: ModelSource,
  { spaces, report, signal }: { spaces: Spaces; report: Report; signal: AbortSignal },
): Promise<readonly [string, SpaceSpec]> {
  let canBeFetchedAgain = mirror !== undefined
  if (mirror && !existsSync(folder)) {
    const { url, silence } = mirror
    const onProgress = report.downloading
    const { verified } = await downloadModel({ model, mirror: url, folder, silence, signal, onProgress })
    canBeFetchedAgain = !verified
  }
  report.checking()
  try {
    return await spaceOf(model, await readModelFolder(folder), spaces)
  } catch (cause) {
    if (!(cause instanceof ModelFault)) throw cause
    if (!canBeFetchedAgain) throw new Hopeless(`${model} cannot be used: ${cause.message}`, { cause })
    await rm(folder, { recursive: true, force: true })
    throw new Error(`${model} is fetched again: ${cause.message}`, { cause })
  }
}

/** Loads the model once, unless its files were not touched since that was done. */
async function spaceOf(
  model: string,
  folder: ModelFolder,
  spaces: Spaces,
): Promise<readonly [string, SpaceSpec]> {
  const stamp = await stampOf(folder)
  const known = spaces.newest(
    (spec) => spec.kind === 'transformers' && spec.stamp === stamp && spec.folder.folder === folder.folder,
  )
  if (known) return [known.name, known.spec]
  const child = startEmbedderProcess({ ...childOf(folder), timeout: LOADING, environment: {} })
  try {
    const { length: dimensions } = await child.embed(['a'])
    const name = `transformers:${model}:${await fingerprintOf(folder)}:${dimensions}`
    return [name, { kind: 'transformers', model, folder, stamp, dimensions }]
  } finally {
    await child.stop()
  }
}
