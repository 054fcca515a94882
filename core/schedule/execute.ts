import { inboundMessage, type CompanionMetadata } from '#contract'
import { type Chats, SYSTEM } from '../chats/chats.ts'
import { companionName } from '../companion.ts'
import type { CompanionConfig } from '../config/schema.ts'
import { problem } from '../errors.ts'
import type { Memory } from '../memory/memory.ts'
import { namespaceOf } from '../memory/namespace.ts'
import type { Plugins } from '../plugins/plugins.ts'
import type { Turns } from '../turn.ts'
import type { Person, Users } from '../users/users.ts'
import { iso, type Job, type Run } from './job.ts'
import type { Execute } from './carry-out.ts'
import type { Outcome } from './due.ts'

/** Memories that a companion is given when it is to speak by itself. */
const RECALLED = 8

export interface ExecuteParts {
  readonly turns: Turns
  readonly plugins: Plugins
  readonly users: Users
  readonly chats: Pick<Chats, 'recent'>
  readonly memory: Pick<Memory, 'search'> | undefined
  readonly companions: () => readonly CompanionConfig[]
}

/** Runs the jobs that are more than a message. The same slot again is the same turn, and the same request to a plugin. */
export function createExecute(parts: ExecuteParts): Execute {
  return (job, run, signal) =>
    job.kind === 'turn' ? runTurn(parts, job, run) : callPlugin(parts, { job, run, signal })
}

const requestId = ({ id }: Job, { slot }: Run): string => `job-${id}-${slot}`

async function runTurn({ turns }: ExecuteParts, job: Job, run: Run): Promise<Outcome> {
  const message = inboundMessage.parse({
    user_id: job.user_id,
    text: job.text,
    channel_name: job.channel,
    message_id: requestId(job, run),
  })
  const reply = await turns.run(message, { caller: { kind: 'owner' }, scheduled: true })
  if (reply.offline) throw problem('plugin_offline', reply.text.replace(/ is offline now\.$/, ''))
  const { text, partner, request_id } = reply
  return { text, partner, source: { kind: 'turn', id: request_id } }
}

/**
 * What a plugin planned for itself, it delivers itself, if it may; what a person asked for is theirs. Only that opens their
 * memory to it: nobody gets into the memory of whomever they name in a plan.
 */
async function callPlugin(
  parts: ExecuteParts,
  { job, run, signal }: { job: Job; run: Run; signal: AbortSignal },
): Promise<Outcome> {
  const { call, user_id } = job
  if (!call) throw problem('job_invalid', 'it names no plugin')
  const { plugin_id, capability_id, parameters } = call
  const person = parts.users.identify({ user_id, channel_name: job.channel })
  const request = {
    request_id: requestId(job, run),
    plugin_id,
    user_input: job.text,
    user_id,
    user_name: person.name,
    channel_name: job.channel,
    channel_type: 'IM',
    app_id: 'homeclaw',
    metadata: {
      scheduled: { slot: iso(run.slot), late: run.late },
      ...(await companionSide(parts, job, person)),
    },
    capability_id,
    capability_parameters: { ...parameters },
  }
  const namespace = job.made_by === null ? namespaceOf(person, undefined) : undefined
  const result = await parts.plugins.call(plugin_id, request, { signal, namespace })
  if (job.made_by !== null || !result.text.trim()) return undefined
  return { text: result.text, partner: SYSTEM, source: { kind: 'job', id: job.id } }
}

/** A companion that is to speak by itself (parameter `companion`) gets what it gets with a message (design section 6). */
async function companionSide(
  { companions, chats, memory }: ExecuteParts,
  { call, user_id }: Job,
  person: Person,
): Promise<CompanionMetadata | undefined> {
  const wanted = call?.parameters['companion']
  const companion = companions().find(({ id, plugin_id }) => id === wanted && plugin_id === call?.plugin_id)
  if (!companion) return undefined
  const combined = person.kind === 'user'
  const history = combined ? chats.recent(user_id, companion.id) : []
  const namespace = namespaceOf(person, companion.id)
  const lately = history.findLast(({ role }) => role === 'user')?.text
  const memories = memory && lately ? await memory.search({ namespace, text: lately, limit: RECALLED }) : []
  return {
    companion: { id: companion.id, name: companionName(companion) },
    store: combined ? 'core' : 'plugin',
    history: history.map(({ role, text, at }) => ({ role, text, at })),
    memories: memories.map(({ memory: text, created_at }) => ({ memory: text, at: created_at })),
    memory_user_id: namespace,
  }
}
