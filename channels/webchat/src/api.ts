import type {
  AuditEntry,
  ChatEntry,
  DataRemoved,
  CompanionEntry,
  FoundMessage,
  HistoryPage,
  MemoryEntry,
  MemoryPage,
  JobChanges,
  JobEntry,
  Login,
  NudgeChanges,
  NudgeRules,
  PluginEntry,
  PluginLine,
  ProblemDocument,
  Session,
  StatusReport,
  UserEntry,
} from '#contract'
import type { ReadonlySignal } from '@preact/signals'
import type { Subscription } from './subscription.ts'
import type { ChatId } from './turn.ts'
import type { Words } from './words/en.ts'

/** Core answered with a problem, or did not answer at all (`status` 0). */
export class RequestFailed extends Error {
  readonly status: number
  readonly code: string
  /** Seconds after which it may go better, where Core says so. */
  readonly retryAfter: number | undefined
  constructor(
    status: number,
    code: string,
    detail: string,
    options: ErrorOptions & { retryAfter?: number | undefined } = {},
  ) {
    super(detail, options)
    this.name = 'RequestFailed'
    this.status = status
    this.code = code
    this.retryAfter = options.retryAfter
  }
}

/** How many messages one page of history brings. */
const PAGE = 50
/** How long Core may take for an answer, and for deleting everything, in ms. */
const SOON = 20_000
const PATIENCE = 10 * 60_000

/** How a companion's plugin is set for a person. */
export type FriendSettings = Readonly<Record<string, unknown>>

/** Core's HTTP interface, as far as the page needs it. Each call throws `RequestFailed`. */
export interface Api {
  /** Who is logged in at this browser? 401 when nobody. */
  session(): Promise<Session>
  /** Trades the owner key, or a person's pass code, for a cookie that scripts cannot read. */
  logIn(login: Login): Promise<void>
  logOut(everywhere: boolean): Promise<void>
  hasCode(user: string): Promise<boolean>
  /** Logs this user out everywhere. @param present the one until now; the owner need not know it */
  setCode(user: string, code: string, present?: string): Promise<void>
  removeCode(user: string): Promise<void>
  status(): Promise<StatusReport>
  users(): Promise<UserEntry[]>
  companions(): Promise<CompanionEntry[]>
  chats(user: string): Promise<ChatEntry[]>
  /** Everything in this chat is read now. */
  markRead(chat: ChatId): Promise<void>
  /** This version of an exchange counts from now on. */
  choose(turn: string): Promise<void>
  /** In what Core keeps of all chats of this user, best first. */
  search(user: string, text: string): Promise<FoundMessage[]>
  /** Newest first; with `q` a search, best first. @param before `next` of the page before */
  memories(
    user: string,
    options: { q?: string | undefined; before?: number | undefined },
  ): Promise<MemoryPage>
  /** Corrects it; the old text stays in its history. */
  editMemory(user: string, id: string, text: string): Promise<MemoryEntry>
  forgetMemory(user: string, id: string): Promise<void>
  /** All that was learnt in the chat with this partner. */
  forgetMemoriesOf(chat: ChatId): Promise<void>
  /** The text of a memory of this user. */
  memory(user: string, id: string): Promise<string>
  /** Oldest first. @param before only what is older than this `seq` */
  history(chat: ChatId, options: { before?: number | undefined; limit?: number }): Promise<HistoryPage>
  jobs(user: string): Promise<JobEntry[]>
  changeJob(id: string, changes: JobChanges): Promise<JobEntry>
  deleteJob(id: string): Promise<void>
  nudges(user: string, companion: string): Promise<NudgeRules>
  changeNudges(user: string, companion: string, changes: NudgeChanges): Promise<NudgeRules>
  /** Undefined when the plugin of this companion has none that the page knows. */
  friendSettings(user: string, companion: string): Promise<FriendSettings | undefined>
  changeFriendSettings(user: string, companion: string, changes: FriendSettings): Promise<FriendSettings>
  /** Deletes everything of this user. It may take a while. */
  deleteData(user: string): Promise<DataRemoved>
  /** What a browser subscribes to notifications with. */
  pushKey(): Promise<string>
  /** This device notifies this user from now on. */
  subscribe(user: string, device: Subscription): Promise<void>
  unsubscribe(user: string, endpoint: string): Promise<void>
  /** The chats that this user is notified of nothing. */
  muted(user: string): Promise<string[]>
  mute(chat: ChatId, muted: boolean): Promise<string[]>
  plugins(): Promise<PluginEntry[]>
  /** What a plugin wrote and what happened to it, oldest first. */
  pluginLines(id: string): Promise<PluginLine[]>
  /** What a plugin did in Core and was refused, newest first. */
  pluginDeeds(id: string): Promise<AuditEntry[]>
  actOnPlugin(id: string, action: 'enable' | 'disable' | 'restart'): Promise<PluginEntry>
}

export function createApi(words: ReadonlySignal<Words>): Api {
  const request = createRequest(words)
  return {
    session: () => request('/api/session'),
    logIn: async (login) => void (await request('/api/session', login)),
    logOut: async (everywhere) =>
      void (await request(`/api/session${everywhere ? '?everywhere=' : ''}`, undefined, 'DELETE')),
    hasCode: async (user) => (await request<{ set: boolean }>(codePath(user))).set,
    setCode: async (user, code, present) => void (await request(codePath(user), { code, present }, 'PUT')),
    removeCode: async (user) => void (await request(codePath(user), undefined, 'DELETE')),
    status: () => request('/api/status'),
    users: async () => (await request<{ users: UserEntry[] }>('/api/config/users')).users,
    companions: async () => (await request<{ companions: CompanionEntry[] }>('/api/companions')).companions,
    chats: async (user) =>
      (await request<{ chats: ChatEntry[] }>(`/api/chats?${query({ user_id: user })}`)).chats,
    jobs: async (user) => (await request<{ jobs: JobEntry[] }>(`/api/jobs?${query({ user_id: user })}`)).jobs,
    changeJob: (id, changes) => request(`/api/jobs/${encodeURIComponent(id)}`, changes, 'PATCH'),
    deleteJob: async (id) => void (await request(`/api/jobs/${encodeURIComponent(id)}`, undefined, 'DELETE')),
    nudges: (user, companion) => request(nudgesPath(user, companion)),
    changeNudges: (user, companion, changes) => request(nudgesPath(user, companion), changes, 'PATCH'),
    friendSettings: async (user, companion) => {
      try {
        return (await request<{ settings?: FriendSettings }>(settingsPath(user, companion))).settings
      } catch (error) {
        if (error instanceof RequestFailed && error.status === 404) return undefined
        throw error
      }
    },
    changeFriendSettings: async (user, companion, changes) =>
      (await request<{ settings: FriendSettings }>(settingsPath(user, companion), changes)).settings,
    deleteData: (user) => request(dataAddress(user), undefined, 'DELETE', PATIENCE),
    pushKey: async () => (await request<{ public_key: string }>('/api/push/key')).public_key,
    subscribe: async (user, device) =>
      void (await request('/api/push/subscriptions', { user_id: user, ...device })),
    unsubscribe: async (user, endpoint) =>
      void (await request('/api/push/subscriptions', { user_id: user, endpoint }, 'DELETE')),
    muted: async (user) => (await request<{ muted: string[] }>(mutedPath(user))).muted,
    mute: async ({ user, partner }, muted) =>
      (await request<{ muted: string[] }>(mutedPath(user), { partner, muted }, 'PATCH')).muted,
    plugins: async () => (await request<{ plugins: PluginEntry[] }>('/api/plugins')).plugins,
    pluginLines: async (id) =>
      (await request<{ lines: PluginLine[] }>(`/api/plugins/${encodeURIComponent(id)}/logs`)).lines,
    pluginDeeds: async (id) =>
      (await request<{ entries: AuditEntry[] }>(`/api/plugins/${encodeURIComponent(id)}/audit`)).entries,
    actOnPlugin: (id, action) => request(`/api/plugins/${encodeURIComponent(id)}/${action}`, {}),
    markRead: async ({ user, partner }) =>
      void (await request(`/api/chats/${encodeURIComponent(partner)}/read?${query({ user_id: user })}`, {})),
    choose: async (turn) => void (await request(`/api/turns/${encodeURIComponent(turn)}/choose`, {})),
    search: async (user, text) =>
      (await request<{ found: FoundMessage[] }>(`/api/chats/search?${query({ user_id: user, q: text })}`))
        .found,
    memories: (user, { q, before }) =>
      request(`/api/memories?${query({ user_id: user, q, before, limit: PAGE })}`),
    editMemory: (user, id, memory) => request(memoryPath(user, id), { memory }, 'PATCH'),
    forgetMemory: async (user, id) => void (await request(memoryPath(user, id), undefined, 'DELETE')),
    forgetMemoriesOf: async ({ user, partner }) =>
      void (await request(`/api/memories?${query({ user_id: user, chat: partner })}`, undefined, 'DELETE')),
    memory: async (user, id) => (await request<MemoryEntry>(memoryPath(user, id))).memory,
    history: ({ user, partner }, { before, limit = PAGE }) =>
      request(
        `/api/chats/${encodeURIComponent(partner)}/messages?${query({ user_id: user, before, limit })}`,
      ),
  }
}

const memoryPath = (user: string, id: string): string =>
  `/api/memories/${encodeURIComponent(id)}?${query({ user_id: user })}`

/** Where a browser fetches all memories of this user, as a file. */
export const exportAddress = (user: string): string => `/api/memories/export?${query({ user_id: user })}`

/** Where a browser fetches everything of this user, as a file; with DELETE it goes. */
export const dataAddress = (user: string): string => `/api/users/${encodeURIComponent(user)}/data`

const codePath = (user: string): string => `/api/config/users/${encodeURIComponent(user)}/code`

const mutedPath = (user: string): string => `/api/push/chats?${query({ user_id: user })}`

const settingsPath = (user: string, companion: string): string =>
  `/api/companions/${encodeURIComponent(companion)}/settings?${query({ user_id: user })}`

const nudgesPath = (user: string, companion: string): string =>
  `/api/companions/${encodeURIComponent(companion)}/nudges?${query({ user_id: user })}`

function query(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, `${value}`]],
  )
  return new URLSearchParams(given).toString()
}

function createRequest(words: ReadonlySignal<Words>) {
  return async <Answer>(path: string, body?: unknown, method = 'POST', within = SOON): Promise<Answer> => {
    const answer = await reach(path, { body, method, within }, words.value)
    if (answer.ok) return answer.json()
    throw await problemOf(answer, words.value)
  }
}

async function reach(
  path: string,
  { body, method, within }: { body: unknown; method: string; within: number },
  words: Words,
): Promise<Response> {
  const signal = AbortSignal.timeout(within)
  const options: RequestInit =
    body === undefined
      ? { signal, ...(method === 'DELETE' && { method }) }
      : {
          signal,
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
  try {
    return await fetch(path, options)
  } catch (cause) {
    throw new RequestFailed(0, 'unreachable', words.coreAway, { cause })
  }
}

async function problemOf(answer: Response, words: Words): Promise<RequestFailed> {
  const isProblem = answer.headers.get('content-type')?.includes('json')
  if (!isProblem) return new RequestFailed(answer.status, 'unknown', words.coreAnswered(answer.status))
  const { code, detail }: ProblemDocument = await answer.json()
  const retryAfter = Number(answer.headers.get('retry-after')) || undefined
  return new RequestFailed(answer.status, code, words.problem(code, detail), { retryAfter })
}
