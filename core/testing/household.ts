import { type RunningCore, startCore } from './core.ts'
import { createScriptedModelServer, type ScriptedModelServer } from './scripted-model.ts'

const config = (modelUrl: string): string => `
model: { name: scripted, base_url: ${modelUrl} }
companions:
  - { id: friend, plugin_id: friends, session_id_value: friend, keyword: Veda }
  - { id: lost, plugin_id: lost_one, session_id_value: lost }
plugins:
  friends: { memory: [own], model: true }
  lost_one: { start: false }
`
const users = `
users:
  - { id: alice, name: Alice, im: ['whatsapp:42'], keywords: { friend: Anna } }
  - { id: A, name: Big A }
  - { id: a, name: Small a }
  - { id: c, name: C }
  - { id: 'b:c', name: B C }
  - { id: mail, name: Mail only, email: mail@home.example, permissions: [EMAIL] }
`

/** A Core with a few people, the Friends plugin, a companion whose plugin never comes, and a scripted model. */
export interface Household {
  readonly core: RunningCore
  readonly model: ScriptedModelServer
  /** What was said in a chat, oldest first. */
  messages(user: string, partner: string): Promise<{ role: string; text: string; failed?: string }[]>
  stop(): Promise<void>
}

export async function startHousehold(): Promise<Household> {
  const model = await createScriptedModelServer()
  const core = await startCore({ coreYml: config(model.url), userYml: users })
  return {
    core,
    model,
    async messages(user, partner) {
      const path = `/api/chats/${partner}/messages?user_id=${encodeURIComponent(user)}&limit=200`
      return (await core.get(path)).body.messages
    },
    async stop() {
      await core.stop()
      await model.close()
    },
  }
}
