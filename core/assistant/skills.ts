import { createHash } from 'node:crypto'
import type { Capability, PluginEntry, Tool } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { contentWords, isAmong } from '../model/words.ts'
import { schemaOf } from '../plugins/parameters.ts'
import { grantedTo } from '../users/rights.ts'
import { oneLine } from './prompt.ts'

/** What people talk with, and what has a companion write first: for companions, never a tool. */
const OF_COMPANIONS: ReadonlySet<string> = new Set(['chat', 'nudge'])
/** Longest name of a tool that every endpoint takes. */
const MAX_NAME = 64
const MAX_DESCRIPTION = 400

/** One thing that a plugin can do for System: a capability, or the plugin as a whole when it declares none. */
export interface Skill {
  readonly plugin_id: string
  readonly plugin_name: string
  readonly capability: Omit<Capability, 'id'> & { readonly id: string | undefined }
  readonly tool: Tool
  /** Whether its plugin is there. */
  readonly up: boolean
}

/**
 * The skills of all enabled plugins. A companion's plugin that declares nothing can only talk; of two with one name the
 * first counts.
 */
export function skillsOf(
  plugins: readonly PluginEntry[],
  config: Pick<CoreConfig, 'plugins' | 'companions'>,
): Skill[] {
  const skills = plugins
    .filter(({ plugin_id }) => grantedTo(plugin_id, config)?.enabled ?? true)
    .flatMap((plugin) => {
      const talks = config.companions.some(({ plugin_id }) => plugin_id === plugin.plugin_id)
      if (plugin.capabilities.length === 0) return talks ? [] : [toSkill(plugin, asWhole(plugin))]
      return plugin.capabilities.filter(({ id }) => !OF_COMPANIONS.has(id)).map((one) => toSkill(plugin, one))
    })
  const byName = Map.groupBy(skills, ({ tool }) => tool.function.name)
  return [...byName.values()].flatMap(([first]) => (first ? [first] : []))
}

const asWhole = ({ name, description }: PluginEntry): Skill['capability'] => ({
  id: undefined,
  name,
  description,
  parameters: [],
  post_process: false,
})

const toSkill = (plugin: PluginEntry, capability: Skill['capability']): Skill => ({
  plugin_id: plugin.plugin_id,
  plugin_name: plugin.name,
  capability,
  up: plugin.state === 'ready' || plugin.state === 'degraded',
  tool: {
    type: 'function',
    function: {
      name: toolName(plugin.plugin_id, capability.id),
      description: describe(plugin, capability),
      parameters: schemaOf(capability),
    },
  },
})

const describe = (plugin: PluginEntry, { name, description }: Skill['capability']): string =>
  oneLine(`${name}: ${description || plugin.description}`, MAX_DESCRIPTION)

/** `time__get_time`; what endpoints would not take as a name, or could be read in two ways, is told apart by a hash. */
function toolName(pluginId: string, capabilityId: string | undefined): string {
  const whole = `${pluginId}__${capabilityId ?? 'ask'}`
  const safe = whole.replaceAll(/[^\w-]/g, '_')
  const isPlain = safe === whole && whole.length <= MAX_NAME && whole.split('__').length === 2
  if (isPlain) return whole
  const hash = createHash('sha256')
    .update(JSON.stringify([pluginId, capabilityId]))
    .digest('hex')
    .slice(0, 8)
  return `${safe.slice(0, MAX_NAME - 9)}_${hash}`
}

/**
 * The skills nearest to what was said, best first: how much of it each speaks of, where words that many skills share
 * count less.
 */
export function nearest(skills: readonly Skill[], said: string, most: number): Skill[] {
  const wanted = contentWords(said)
  const known = skills.map((skill) => contentWords(textOf(skill)))
  const weights = wanted.map((word) => {
    const having = known.filter((words) => isAmong(word, words)).length
    return having === 0 ? 0 : Math.log(1 + skills.length / having)
  })
  const near = (words: readonly string[]): number =>
    wanted.reduce((sum, word, at) => sum + (isAmong(word, words) ? (weights[at] ?? 0) : 0), 0)
  return skills
    .map((skill, at) => ({ skill, score: near(known[at] ?? []) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ skill }) => skill)
}

const textOf = ({ plugin_name, capability, tool }: Skill): string => {
  const parameters = capability.parameters.map(({ name, description = '' }) => `${name} ${description}`)
  return [plugin_name, tool.function.description, ...parameters].join(' ').replaceAll('_', ' ')
}
