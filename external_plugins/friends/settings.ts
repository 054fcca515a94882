import { readdir, readFile, rm } from 'node:fs/promises'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { PluginError } from '#plugin-sdk'
import { writeAtomic } from './atomic.ts'
import { fileNameOf } from '#contract/file-name'
import { type Persona, type PersonaPart, personaPart, personaShape } from './persona.ts'
import { createQueues } from './queues.ts'

/** What may be changed; null takes a wish back. */
export const settingsChange = z.strictObject({
  name: personaShape.name.nullable().exactOptional(),
  character: personaShape.character.nullable().exactOptional(),
  language: personaShape.language.nullable().exactOptional(),
  response_length: personaShape.response_length.nullable().exactOptional(),
  idle_days_before_nudge: personaShape.idle_days_before_nudge.nullable().exactOptional(),
  good_morning: personaShape.good_morning.nullable().exactOptional(),
  good_night: personaShape.good_night.nullable().exactOptional(),
})
export type SettingsChange = z.infer<typeof settingsChange>

export interface PersonSettings {
  readonly user_id: string
  /** What holds for this person. */
  readonly settings: Persona
  /** What this person has chosen. */
  readonly overrides: PersonaPart
}

/** What each person has chosen for each companion. */
export interface Settings {
  of(userId: string, companionId: string): Promise<PersonSettings>
  /** Changes what is named and nothing else; durable when it resolves. */
  change(userId: string, companionId: string, change: SettingsChange): Promise<PersonSettings>
  /** Takes all that this person has chosen off the disk. Gives 1 when there was something. */
  forget(userId: string): Promise<number>
}

const settingsFile = z.strictObject({
  user_id: z.string().describe('As JSON text'),
  personas: z.array(z.strictObject({ companion: z.string(), overrides: personaPart })),
})
type SettingsFile = z.infer<typeof settingsFile>

/** One file per person, `<file name>_settings.json`. @param defaults who a companion is without any wishes */
export function openSettings(folder: string, defaults: (companionId: string) => Persona): Settings {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const queues = createQueues()
  const fileOf = (userId: string): string => join(folder, `${fileNameOf(userId)}_settings.json`)

  function resultOf(userId: string, companionId: string, kept: SettingsFile): PersonSettings {
    const overrides = kept.personas.find(({ companion }) => companion === companionId)?.overrides ?? {}
    return { user_id: userId, settings: { ...defaults(companionId), ...overrides }, overrides }
  }

  return {
    async of(userId, companionId) {
      return resultOf(userId, companionId, await readSettings(fileOf(userId), userId))
    },
    change: (userId, companionId, change) =>
      queues.run(userId, async () => {
        const kept = await readSettings(fileOf(userId), userId)
        const { overrides } = resultOf(userId, companionId, kept)
        const changed = personaPart.parse(withoutNull({ ...overrides, ...change }))
        const others = kept.personas.filter(({ companion }) => companion !== companionId)
        const personas = [...others, { companion: companionId, overrides: changed }]
        const next = { user_id: kept.user_id, personas }
        await writeAtomic(fileOf(userId), `${JSON.stringify(next, null, 2)}\n`)
        return resultOf(userId, companionId, next)
      }),
    forget: (userId) =>
      queues.run(userId, async () => {
        const file = basename(fileOf(userId))
        const files = (await readdir(folder)).filter((name) => name.startsWith(file))
        for (const name of files) await rm(join(folder, name), { force: true })
        return files.includes(file) ? 1 : 0
      }),
  }
}

const withoutNull = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))

/** No file means no wishes; a broken one is a fault that the person is told about, never silently the defaults. */
async function readSettings(file: string, userId: string): Promise<SettingsFile> {
  const owner = JSON.stringify(userId)
  const kept = parseSettings(file, (await textOf(file)) ?? JSON.stringify({ user_id: owner, personas: [] }))
  if (kept.user_id !== owner)
    throw new PluginError('failed', `The settings file ${file} belongs to somebody else`)
  return kept
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function parseSettings(file: string, text: string): SettingsFile {
  try {
    return settingsFile.parse(JSON.parse(text))
  } catch (cause) {
    throw new PluginError('failed', `The settings file ${file} is not valid. Correct it or remove it`, {
      cause,
    })
  }
}
