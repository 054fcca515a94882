import type { IncomingHttpHeaders } from 'node:http'
import { COMPANION_USER, type DataLine, type DataPlace, type DataRemoved } from '#contract'
import type { ChatChanges } from '../chats/changes.ts'
import { type Chats, SYSTEM } from '../chats/chats.ts'
import type { CompanionConfig } from '../config/schema.ts'
import type { Database } from '../database.ts'
import type { Sessions } from '../http/sessions.ts'
import type { Knowledge } from '../knowledge/knowledge.ts'
import type { Memory } from '../memory/memory.ts'
import { namespaceOfCompanion } from '../memory/namespace.ts'
import type { Jobs } from '../schedule/jobs.ts'
import type { Turns } from '../turn.ts'
import type { Users } from '../users/users.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Kept } from './kept.ts'
import type { Rows } from './rows.ts'

/** Bytes of a file in one line of an export; a third more as base64. */
const PIECE = 512 * 1024
/** Memories that are read at once. */
const STEP = 200

/** All that a person has in this house, wherever it lies. */
export interface Belongings {
  /** Everything, piece by piece. The first line is `about`, the last `end`: without it the rest is missing. */
  lines(userId: string): AsyncIterable<DataLine>
  /**
   * Deletes everything, to the last byte, and says what was where and what may still be somewhere. The person stays a user,
   * and logged in where this request came from. What is said meanwhile may stay.
   */
  remove(userId: string, headers: IncomingHttpHeaders): Promise<DataRemoved>
}

export interface BelongingsParts {
  readonly database: Database
  readonly rows: Rows
  readonly kept: Kept
  readonly chats: Pick<Chats, 'list'>
  readonly changes: ChatChanges
  readonly turns: Pick<Turns, 'removeChat'>
  readonly jobs: Pick<Jobs, 'list' | 'remove'>
  /** Undefined when memory is off. */
  readonly memory: Pick<Memory, 'list' | 'forget'> | undefined
  readonly knowledge: Pick<Knowledge, 'forgetAll'> | undefined
  readonly workspace: Pick<Workspace, 'list' | 'empty'>
  readonly sessions: Pick<Sessions, 'closeOthers'>
  readonly companions: () => readonly CompanionConfig[]
  readonly users: Pick<Users, 'get'>
  readonly now: () => number
}

export function createBelongings(parts: BelongingsParts): Belongings {
  const { database, rows, kept, chats, changes, turns, jobs, memory, knowledge, workspace } = parts

  /** Nobody picked, each companion has a memory of its own; one that a user is called like is that user's. */
  const namespacesOf = (userId: string): string[] => {
    if (userId !== COMPANION_USER) return [userId]
    const theirs = parts.companions().map(({ id }) => namespaceOfCompanion(id))
    return [userId, ...theirs.filter((namespace) => !parts.users.get(namespace))]
  }

  function* memories(userId: string): Iterable<DataLine> {
    for (const namespace of namespacesOf(userId)) {
      let before: number | undefined
      do {
        const page = memory?.list(namespace, { selection: {}, before, limit: STEP })
        for (const entry of page?.memories ?? []) yield { kind: 'memory', namespace, ...entry }
        before = page?.next
      } while (before !== undefined)
    }
  }

  /** What is planned first, so that nothing more is said; each chat between two of its turns. */
  async function removeChats(userId: string): Promise<void> {
    for (const { id } of jobs.list(userId)) await jobs.remove(id)
    const partners = [...chats.list(userId), ...parts.companions().map(({ id }) => ({ partner: id }))]
    for (const partner of new Set([SYSTEM, ...partners.map((one) => one.partner)])) {
      await turns.removeChat(userId, partner)
      changes.tell({ user_id: userId, partner })
    }
  }

  async function removeMemories(userId: string): Promise<{ count: number; pending: string[] }> {
    const read = (await knowledge?.forgetAll(userId)) ?? []
    const learnt = await Promise.all(
      namespacesOf(userId).map(async (namespace) => memory?.forget(namespace, { selection: {} })),
    )
    const known = learnt.filter((one) => one !== undefined)
    return {
      count: known.reduce((sum, { memories }) => sum + memories, 0),
      pending: [...new Set([...read, ...known].flatMap(({ pending }) => pending))],
    }
  }

  return {
    async *lines(userId) {
      const { name, email, im, phone } = parts.users.get(userId) ?? {}
      yield {
        kind: 'about',
        user_id: userId,
        name,
        email,
        im,
        phone,
        at: new Date(parts.now()).toISOString(),
      }
      yield* rows.lines(userId)
      if (memory) yield* memories(userId)
      else yield { kind: 'missing', place: 'memories', ...MEMORY_OFF }
      yield* kept.lines(userId)
      yield* filesOf(workspace, userId)
      yield { kind: 'end' }
    },
    async remove(userId, headers) {
      const counts = rows.count(userId)
      counts.set('files', (await workspace.list(userId)).length)
      const byPlugins = await kept.remove(userId)
      await removeChats(userId)
      await database.write(() => rows.remove(userId))
      await workspace.empty(userId)
      const { count, pending } = await removeMemories(userId)
      counts.set('memories', count)
      const ended = await parts.sessions.closeOthers(userId, headers)
      counts.set('access', (counts.get('access') ?? 0) + ended)
      const isLogEmpty = database.emptyLog()
      return {
        user_id: userId,
        removed: [
          ...[...counts].flatMap(([place, count]) => (count > 0 ? [{ place, count }] : [])),
          ...byPlugins.removed,
        ],
        not_removed: [
          ...(memory ? [] : [{ place: 'memories' as const, ...MEMORY_OFF }]),
          ...(pending.length > 0 ? [laterOf('memories', pending)] : []),
          ...(isLogEmpty ? [] : [laterOf('messages', ['write_ahead_log'])]),
          ...byPlugins.not_removed,
        ],
        kept: ['user_entry', 'pass_code', 'this_log_in'],
      }
    },
  }
}

async function* filesOf(workspace: BelongingsParts['workspace'], userId: string): AsyncIterable<DataLine> {
  for (const { path, pieces } of await workspace.list(userId)) {
    let at = 0
    for await (const piece of pieces(PIECE)) {
      yield { kind: 'file', path, at, base64: Buffer.from(piece).toString('base64') }
      at += piece.length
    }
    if (at === 0) yield { kind: 'file', path, at, base64: '' }
  }
}

const MEMORY_OFF = {
  why: 'off',
  detail: 'Memory is off in config/core.yml. What was learnt before that is out of reach until it is on',
} as const

const laterOf = (place: DataPlace, where: readonly string[]) =>
  ({ place, why: 'later', detail: `Until the next start it is in: ${where.join(', ')}` }) as const
