import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { PluginRequest, Tool } from '#contract'
import type { CoreConfig } from '../config/schema.ts'
import { Problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { namespaceOf } from '../memory/namespace.ts'
import { BUILTIN } from '../model/builtin.ts'
import { generate, type Model, ModelError } from '../model/model.ts'
import { checkParameters } from '../plugins/parameters.ts'
import type { Plugins } from '../plugins/plugins.ts'
import { shownBy } from '../plugins/shown.ts'
import type { Question } from './assistant.ts'
import { pluginSections } from './capability-prompt.ts'
import type { Pending, PendingCall } from './pending.ts'
import { oneLine } from './prompt.ts'
import { nearest, type Skill, skillsOf } from './skills.ts'
import { argumentsOf, BadCall, type Toolbox } from './toolbox.ts'

/** Most skills that a prompt holds; of more, the nearest are offered, and a tool that finds the others. */
const MAX_OFFERED = 16
const MAX_FOUND = 5
/** Longest text of a plugin that goes to the model. */
const MAX_RESULT = 20_000
const POST_PROCESS = 'Put this into a short, friendly answer. Add nothing to it.'

/** What the plugins can do for one answer. */
export interface CapabilityTools extends Toolbox {
  /** What the system prompt says of them; empty when there is nothing to say. */
  readonly section: string
  /** Whether a plugin was called, or the person asked for what that lacked. */
  used(): boolean
  /** What plugins want to be shown beside the words. */
  shown(): ReturnType<typeof shownBy>
  /** Remembers what the person is asked for, once the answer is there. */
  settle(): Promise<void>
}

export interface Capabilities {
  /** @param model runs `post_process`; builtin leaves the words of a plugin as they are */
  for(question: Question, options: { model: Model; signal: AbortSignal }): CapabilityTools
}

export interface CapabilitiesParts {
  readonly plugins: Pick<Plugins, 'list' | 'call'>
  readonly config: () => Pick<CoreConfig, 'plugins' | 'companions'>
  readonly pending: Pending
  readonly log: Log
}

/** The capabilities of plugins as tools of System. Those of a plugin that is not there are not offered. */
export const createCapabilities = (parts: CapabilitiesParts): Capabilities => ({
  for(question, { model, signal }) {
    const skills = skillsOf(parts.plugins.list(), parts.config())
    const up = skills.filter((skill) => skill.up)
    const waiting = waitingFor(parts.pending.of(question.person.id), skills)
    const offered = choose(up, question, waiting)
    const shown: ReturnType<typeof shownBy> = { images: [], ui: [] }
    let asked: PendingCall | undefined
    let used = false

    async function use(skill: Skill, given: Record<string, unknown>): Promise<object> {
      used = true
      if (!skill.up) return offline(skill)
      const { values, missing, faults } = checkParameters(skill.capability, given)
      if (faults.length > 0) throw new BadCall(faults.join('; '))
      if (missing.length > 0) {
        const wanted = missing.map(({ name, description = '' }) => ({
          name,
          description: oneLine(description),
        }))
        asked = { tool: skill.tool.function.name, given: values, missing: wanted }
        return { missing: wanted, rule: 'Ask the person for it. Never make it up.' }
      }
      if (asked?.tool === skill.tool.function.name) asked = undefined
      return call(skill, values)
    }

    async function call(skill: Skill, values: Readonly<Record<string, unknown>>): Promise<object> {
      try {
        const options = { signal, namespace: namespaceOf(question.person, undefined) }
        const result = await parts.plugins.call(skill.plugin_id, requestOf(skill, values, question), options)
        const { images, ui } = shownBy(result)
        shown.images.push(...images)
        shown.ui.push(...ui)
        return { result: await finished(skill, result.text.slice(0, MAX_RESULT)) }
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return error.code === 'plugin_offline' ? offline(skill) : { failed: error.message }
      }
    }

    /** After `post_process`; the plugin's own words when that is not wanted, or does not work. */
    async function finished({ capability, plugin_id }: Skill, text: string): Promise<string> {
      if (!capability.post_process || model.name === BUILTIN || !text.trim()) return text
      const messages = [
        { role: 'system', content: capability.post_process_prompt || POST_PROCESS },
        { role: 'user', content: text },
      ] as const
      try {
        return (await generate(model, messages, { signal })).text.trim() || text
      } catch (error) {
        if (!(error instanceof ModelError)) throw error
        parts.log.warn({ plugin: plugin_id, fault: error.fault }, 'post_process failed; said as it is')
        return text
      }
    }

    async function find(query: unknown): Promise<object> {
      const found = nearest(up, String(query), MAX_FOUND)
      for (const skill of found) if (!offered.includes(skill)) offered.push(skill)
      return { tools: found.map(({ tool }) => `${tool.function.name}: ${tool.function.description}`) }
    }

    return {
      get offered() {
        return [...offered.map(({ tool }) => tool), ...(offered.length < up.length ? [FIND] : [])]
      },
      section: pluginSections(skills, question.text, waiting),
      run(name, json) {
        if (name === FIND.function.name) return find(argumentsIn(json)['query'])
        const skill = skills.find(({ tool }) => tool.function.name === name)
        return skill && use(skill, argumentsIn(json))
      },
      used: () => used,
      shown: () => shown,
      async settle() {
        if (waiting || asked) await parts.pending.set(question.person.id, asked)
      },
    }
  },
})

/** Offered beside the nearest skills when there are more. */
const FIND: Tool = {
  type: 'function',
  function: {
    name: 'find_tools',
    description: 'Search for further tools of plugins. What it finds can be used in the next step.',
    parameters: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What the tool should do' } },
      required: ['query'],
    },
  },
}

/** All when they fit, else the nearest to the message and the one before; what the person was asked for in any case. */
function choose(
  up: readonly Skill[],
  { text, history }: Question,
  waiting: PendingCall | undefined,
): Skill[] {
  if (up.length <= MAX_OFFERED) return [...up]
  const before = history.findLast(({ role }) => role === 'user')?.text ?? ''
  const chosen = nearest(up, `${text} ${before}`, MAX_OFFERED - 1)
  const asked = up.find(({ tool }) => tool.function.name === waiting?.tool)
  return asked && !chosen.includes(asked) ? [...chosen.slice(0, -1), asked] : chosen
}

/** Still worth something only while there is such a tool. */
const waitingFor = (call: PendingCall | undefined, skills: readonly Skill[]): PendingCall | undefined =>
  skills.some(({ tool }) => tool.function.name === call?.tool) ? call : undefined

function requestOf(
  { plugin_id, capability }: Skill,
  values: Readonly<Record<string, unknown>>,
  { turn_id, text, person, channel_name, app_id }: Question,
): PluginRequest {
  const called = { capability_id: capability.id ?? null, capability_parameters: { ...values } }
  return {
    request_id: `${turn_id}.${hashOf(called)}`,
    plugin_id,
    user_input: text,
    user_id: person.id,
    user_name: person.name,
    channel_name,
    channel_type: 'IM',
    app_id,
    metadata: { ...called, memory_user_id: namespaceOf(person, undefined) },
    ...called,
  }
}

/** The same call in the same turn has the same id: a plugin that keeps results gives it again. */
const hashOf = (value: object): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12)

const offline = ({ plugin_name }: Skill): object => ({ offline: `${plugin_name} is offline now.` })

const objectIn = z.record(z.string(), z.unknown())
const argumentsIn = (json: string): Record<string, unknown> => argumentsOf(json || '{}', objectIn)
