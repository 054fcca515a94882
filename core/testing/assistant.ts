/** System with a scripted model and a real memory in a folder of its own: what the tests of the assistant share. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CoreConfig, User } from '../config/schema.ts'
import { chatMigrations } from '../chats/schema.ts'
import { createChats } from '../chats/sqlite.ts'
import { openDatabase } from '../database.ts'
import { createDelivery } from '../delivery/create.ts'
import { deliveryMigrations } from '../delivery/schema.ts'
import { createLog } from '../log.ts'
import type { Embedder } from '../memory/embedder.ts'
import { givenEmbedders } from '../memory/embedders/choose.ts'
import { createMemory, memoryMigrations } from '../memory/index.ts'
import type { Memory } from '../memory/memory.ts'
import { createModels } from '../model/models.ts'
import { createOutbound } from '../outbound.ts'
import { createSchedule } from '../schedule/create.ts'
import { pushMigrations } from '../delivery/push/schema.ts'
import { scheduleMigrations } from '../schedule/schema.ts'
import { createScriptedModelServer } from './scripted-model.ts'
import { contentWords } from '../model/words.ts'
import type { Person } from '../users/users.ts'
import type { Assistant, Question } from '../assistant/assistant.ts'
import { createCapabilities } from '../assistant/capabilities.ts'
import { createPending, pendingMigration } from '../assistant/pending.ts'
import { createAssistant } from '../assistant/system.ts'
import { createPrompts } from '../assistant/prompt.ts'

export const PROMPTS = join(import.meta.dirname, '../../config/prompts')

export function userNamed(id: string, name: string): Person {
  const user: User = { id, name, email: [], im: [], phone: [], permissions: [], keywords: {} }
  return { kind: 'user', id, name, user }
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone
const now = () => new Date(2026, 10, 20, 23, 48)
const at = () => now().getTime()
const timeZoneOf = () => ZONE

const DIMENSIONS = 64
/** Texts are near to each other when they share words. Needs no process and no weights. */
const wordEmbedder: Embedder = {
  id: 'words',
  dimensions: DIMENSIONS,
  embed: async (texts) => texts.map(vectorOf),
  close: async () => undefined,
}

function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS)
  const words = contentWords(text)
  for (const word of words) {
    let place = 0
    for (const letter of word) place = (place * 31 + (letter.codePointAt(0) ?? 0)) % DIMENSIONS
    vector[place] = 1 / Math.sqrt(words.length)
  }
  return vector
}

interface Choice {
  readonly model?: CoreConfig['model']
  readonly memory?: Memory | undefined
  readonly prompts?: string
}

export async function createScene() {
  const server = await createScriptedModelServer()
  const log = createLog('silent')
  const folder = mkdtempSync(join(tmpdir(), 'assistant-'))
  const migrations = [
    ...chatMigrations,
    ...deliveryMigrations,
    ...memoryMigrations,
    ...pushMigrations,
    ...scheduleMigrations,
    pendingMigration,
  ]
  const database = openDatabase(join(folder, 'core.db'), migrations)
  const chats = createChats({ database, now: at, log })
  const outbox = createDelivery({
    database,
    chats,
    nameOf: (partner) => partner,
    outbound: createOutbound(() => []),
    pushKeys: { publicKey: '', privateKey: '' },
    now: at,
    log,
  })
  const { jobs } = createSchedule({ database, chats, outbox, now: at, timeZoneOf, log })
  const memory = createMemory({
    database,
    folder: join(folder, 'lancedb'),
    log,
    embedders: givenEmbedders(wordEmbedder),
  })
  const capabilities = createCapabilities({
    plugins: { list: () => [], call: () => Promise.reject(new Error('there are no plugins')) },
    config: () => ({ plugins: {}, companions: [] }),
    pending: createPending({ database, now: Date.now }),
    log,
  })
  const open: { close(): Promise<void> }[] = [memory, server]
  let turns = 0

  const question = (text: string, more: Partial<Question> = {}): Question => ({
    turn_id: `turn-${++turns}`,
    message_id: `message-${turns}`,
    person: userNamed('anna', 'Anna'),
    app_id: 'homeclaw',
    channel_name: 'webchat',
    text,
    files: [],
    history: [],
    memories: [],
    passages: [],
    location: undefined,
    ...more,
  })

  function assistant(choice: Choice = {}): Assistant {
    const { model = { name: 'scripted', base_url: server.url }, prompts = PROMPTS } = choice
    const models = createModels({ config: () => model, log })
    open.unshift(models)
    const store = 'memory' in choice ? choice.memory : memory
    const own = createPrompts({ folder: prompts, defaults: PROMPTS })
    return createAssistant({ models, memory: store, jobs, timeZoneOf, capabilities, prompts: own, log, now })
  }

  return {
    server,
    memory,
    jobs,
    question,
    assistant,
    ask: (text: string, more: Partial<Question> = {}, who = assistant()) =>
      who.answer(question(text, more), { signal: new AbortController().signal }),
    /** The contents of the messages of one request to the model. */
    sent: (index: number): string[] =>
      server.requests[index]?.body.messages.map(({ content }) => String(content)) ?? [],
    /** What the tools gave, as the model got it in one request. */
    results: (index: number): unknown[] =>
      server.requests[index]?.body.messages.flatMap(({ role, content }) =>
        role === 'tool' ? [JSON.parse(String(content))] : [],
      ) ?? [],
    textsOf: async (namespace: string): Promise<string[]> =>
      (await memory.search({ namespace, text: 'my dog tea secret', limit: 50 })).map((found) => found.memory),
    async close() {
      for (const part of open) await part.close()
      chats.close()
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
export type Scene = Awaited<ReturnType<typeof createScene>>
