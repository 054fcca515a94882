import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { historyPage, type HistoryMessage } from '#contract'
import type { RunningCore } from '../../core/testing/core.ts'
import type { Acknowledged } from './chat-faults.ts'

/** Between two tries to send the same message, in ms. */
const AGAIN = 50

const answerBody = z.object({
  text: z.string(),
  offline: z.boolean().optional(),
  code: z.string().optional(),
})

/** One person who writes without pause, and sends a message again, with the same id, until it is acknowledged. */
export interface Client {
  readonly user: string
  readonly partner: string
  readonly acknowledged: readonly Acknowledged[]
  /** Answers that a client should never see. */
  readonly surprises: readonly string[]
  retries(): number
  /** Resolves when the message under way is acknowledged; no new one is begun. */
  finish(): Promise<void>
  /** Stops trying. */
  abort(): void
  /** The whole chat as Core has it, oldest first. */
  history(core: RunningCore): Promise<HistoryMessage[]>
}

export function createClient(core: RunningCore, user: string, partner: 'system' | 'echo'): Client {
  const acknowledged: Acknowledged[] = []
  const surprises: string[] = []
  const stop = new AbortController()
  let retries = 0
  const finishing = new AbortController()

  async function write(): Promise<void> {
    for (let number = 0; !finishing.signal.aborted && !stop.signal.aborted; number++) {
      const text = `I like number ${number} of ${user}`
      const reply = await acknowledge({
        user_id: user,
        channel_name: 'webchat',
        text,
        message_id: `${user}-${number}`,
        ...(partner === 'echo' && { conversation_type: 'echo' }),
      })
      if (reply !== undefined) acknowledged.push({ text, reply })
    }
  }

  async function acknowledge(message: object): Promise<string | undefined> {
    for (; !stop.signal.aborted; retries++) {
      const reply = await send(message)
      if (reply !== undefined) return reply
      await pause(AGAIN)
    }
    return undefined
  }

  /** The text of the reply; undefined when there was none: Core is away, or was stopping. */
  async function send(message: object): Promise<string | undefined> {
    let answer: Response
    let body: z.infer<typeof answerBody>
    try {
      answer = await fetch(`${core.url}/inbound`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-API-Key': core.key },
        body: JSON.stringify(message),
        signal: stop.signal,
      })
      body = answerBody.parse(await answer.json())
    } catch (error) {
      // Refused or cut: what a kill looks like from outside.
      if (error instanceof TypeError || stop.signal.aborted) return undefined
      throw error
    }
    if (answer.ok && !body.offline) return body.text ?? ''
    // Right after a start the plugin may not be checked yet; then it is offline, and the message may be sent again.
    if (!body.offline && answer.status !== 503) {
      surprises.push(`${user} got ${answer.status} ${body.code} for ${JSON.stringify(message)}`)
    }
    return undefined
  }

  const written = write()
  return {
    user,
    partner,
    acknowledged,
    surprises,
    retries: () => retries,
    finish() {
      finishing.abort()
      return written
    },
    abort: () => stop.abort(),
    async history(running) {
      const messages: HistoryMessage[] = []
      for (let before: number | undefined; ;) {
        const query = new URLSearchParams({
          user_id: user,
          limit: '200',
          ...(before && { before: `${before}` }),
        })
        const page = historyPage.parse((await running.get(`/api/chats/${partner}/messages?${query}`)).body)
        messages.unshift(...page.messages)
        before = page.messages[0]?.seq
        if (!page.more) return messages
      }
    },
  }
}
