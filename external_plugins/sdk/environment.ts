import { z } from 'zod'
import { PluginError } from './errors.ts'

/** What a plugin is told by whoever starts it: Core's supervisor, or a person at the keyboard. */
export interface Environment {
  readonly core: { readonly url: string; readonly key: string | undefined }
  readonly port: number | undefined
  /** The plugin's own folder for what it stores. */
  readonly data: string | undefined
  /** The owner's overrides of the plugin's config.yml; the file need not exist. */
  readonly config: string | undefined
  /** Core started it: its life hangs on stdin. */
  readonly supervised: boolean
}

const given = z
  .string()
  .optional()
  .transform((value) => value?.trim() || undefined)

const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a number')
  .transform(Number)
  .pipe(z.number().max(65_535))

const schema = z.object({
  CORE_URL: given.pipe(
    z.url('must be an address, e.g. http://127.0.0.1:9000').default('http://127.0.0.1:9000'),
  ),
  CORE_API_KEY: given,
  PORT: given.pipe(portNumber.optional()),
  PLUGIN_DATA: given,
  PLUGIN_CONFIG: given,
  HOMECLAW_SUPERVISED: given,
})

/** Reads CORE_URL, CORE_API_KEY, PORT, PLUGIN_DATA, PLUGIN_CONFIG, HOMECLAW_SUPERVISED. @throws PluginError */
export function fromEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const result = schema.safeParse(variables)
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
    throw new PluginError('config_invalid', faults.join('\n'))
  }
  const { CORE_URL, CORE_API_KEY, PORT, PLUGIN_DATA, PLUGIN_CONFIG, HOMECLAW_SUPERVISED } = result.data
  return {
    core: { url: CORE_URL, key: CORE_API_KEY },
    port: PORT,
    data: PLUGIN_DATA,
    config: PLUGIN_CONFIG,
    supervised: HOMECLAW_SUPERVISED === '1',
  }
}
