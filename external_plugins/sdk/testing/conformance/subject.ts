import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Capability, normalizeId, type PluginRequest, type Registration } from '#contract'
import { type Child, startChild } from '../../../../core/plugins/child.ts'
import { createLastWill } from '../../../../core/plugins/last-will.ts'
import { commandOf, readManifest } from '../../../../core/plugins/manifest.ts'
import { createPorts } from '../../../../core/plugins/port.ts'
import { startTestCore, type TestCore } from '../core.ts'

/** The plugin that is tested, and the Core that it believes to have. */
export interface Subject {
  readonly id: string
  readonly name: string
  /** Where runs are posted. */
  readonly run: string
  readonly health: string
  /** What Core sends as Bearer. */
  readonly token: string
  /** How long Core would wait for an answer, in ms. */
  readonly deadline: number
  /** What the checks ask for: one that needs no parameters, where there is one. */
  readonly capability: Pick<PluginRequest, 'capability_id' | 'capability_parameters'>
  /** Those that are called where runs are posted. */
  readonly capabilities: readonly Capability[]
  /** When the kit started it itself. */
  readonly started?: Started
  close(): Promise<void>
}

export interface Started {
  readonly core: TestCore
  readonly registration: Registration
  readonly child: Child
  /** What it wrote. */
  output(): string
}

/** No plugin of a home should keep anybody waiting for longer, whatever it allows itself. */
const LONGEST_MS = 10_000
const POLL_MS = 20

/** The plugin of a folder with a plugin.yml, started as Core starts it. @throws Error when it does not register in time */
export async function startSubject(folder: string): Promise<Subject> {
  const id = normalizeId(basename(folder))
  const manifest = readManifest(folder, id)
  const home = mkdtempSync(join(tmpdir(), 'homeclaw-plugin-'))
  const core = await startTestCore()
  // Whatever was said: the answer shows what the plugin put together for the model.
  core.model = (messages) => `You said: ${messages.map(({ content }) => content).join('\n')}`
  const port = await createPorts().take(manifest.port)
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env
  const lines: string[] = []
  const child = startChild({
    command: commandOf(manifest, { folder, execPath: process.execPath, path: PATH }),
    folder,
    env: {
      ...manifest.env,
      PATH,
      HOME,
      ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
      CORE_URL: core.url,
      CORE_API_KEY: core.issue(),
      PORT: String(port),
      PLUGIN_DATA: join(home, 'data'),
      PLUGIN_CONFIG: join(home, `${id}.yml`),
      HOMECLAW_SUPERVISED: '1',
    },
    onLine: (line) => lines.push(line),
  })
  const will = createLastWill()
  if (child.group) will.add(child.group)
  async function close(): Promise<void> {
    await child.stop()
    if (child.group) will.remove(child.group)
    await will.close()
    await core.close()
    rmSync(home, { recursive: true, force: true })
  }

  const until = performance.now() + manifest.ready_within_sec * 1_000
  while (core.registrations.length === 0 && child.running && performance.now() < until) await pause(POLL_MS)
  const [registration] = core.registrations
  if (!registration) {
    const how = child.running ? `within ${manifest.ready_within_sec} s` : `before it ${await child.ended}`
    await close()
    throw new Error(
      `${basename(dirname(folder))}/${basename(folder)} did not register ${how}:\n${lines.join('\n')}`,
    )
  }
  const { base_url, path, timeout_sec } = registration.config
  const atRun = registration.capabilities.filter(
    (capability) => !capability.path && capability.method !== 'GET',
  )
  return {
    id: registration.plugin_id,
    name: registration.name,
    run: base_url.replace(/\/+$/, '') + path,
    health: registration.health_check_url,
    token: core.token(),
    deadline: Math.min(timeout_sec * 1_000, LONGEST_MS),
    capability: exampleOf(atRun),
    capabilities: atRun,
    started: { core, registration, child, output: () => lines.join('\n') },
    close,
  }
}

/** A plugin that runs already. What only shows when one is started cannot be checked. */
export function subjectAt(
  url: string,
  { token = '', capability }: { token?: string; capability?: string },
): Subject {
  const base = url.replace(/\/+$/, '')
  return {
    id: 'at_this_address',
    name: 'The plugin',
    run: new URL(base).pathname === '/' ? `${base}/run` : base,
    health: new URL('/health', base).href,
    token,
    deadline: LONGEST_MS,
    capability: { capability_id: capability, capability_parameters: {} },
    capabilities: [],
    close: async () => {},
  }
}

const isFree = ({ parameters }: Capability): boolean => parameters.every(({ required }) => !required)

function exampleOf(capabilities: readonly Capability[]): Subject['capability'] {
  const chosen = capabilities.find(isFree) ?? capabilities[0]
  return chosen ? { capability_id: chosen.id, capability_parameters: examplesFor(chosen) } : {}
}

const EXAMPLES: Readonly<Record<string, unknown>> = {
  string: 'example',
  integer: 1,
  number: 1,
  boolean: true,
  array: [],
  object: {},
}

/** A value of the right type for each parameter that is required. */
export const examplesFor = ({ parameters }: Capability): Record<string, unknown> =>
  Object.fromEntries(
    parameters
      .filter(({ required }) => required)
      .map(({ name, type, default: value }) => [name, value ?? EXAMPLES[type] ?? 'example']),
  )
