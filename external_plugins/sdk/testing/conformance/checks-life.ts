import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { Broken, healthOf, mustBeWell, requestFor, resultOf, run } from './ask.ts'
import { type Check, Skipped } from './check.ts'
import type { Subject } from './subject.ts'

const PEOPLE = ['ann', 'bob', 'cem', 'dot']
const ROUNDS = 3
/** Ten at once, ten times. */
const AT_ONCE = 10
/** Core ends what has not ended by then. */
const STOP_MS = 3_000

/** Several people, many requests, callers that go away, and the end. The last check ends the plugin. */
export const lifeChecks: readonly Check[] = [
  {
    id: 'two-users',
    title: 'never mixes up people who write at once',
    async run(subject) {
      const everybody = (say: (person: string) => string): Promise<void[]> =>
        Promise.all(PEOPLE.map((person) => mustStayApart(subject, person, say(person))))
      for (let round = 0; round < ROUNDS; round++) await everybody((person) => `My word is ${wordOf(person)}`)
      await everybody(() => 'What is my word?')
      for (const [namespace, memories] of subject.started?.core.memories ?? []) {
        const owner = PEOPLE.find((person) => namespace === `kit_${person}`)
        const foreign = PEOPLE.find(
          (person) => person !== owner && memories.some((memory) => memory.text.includes(wordOf(person))),
        )
        if (owner && foreign)
          throw new Broken(`it put what ${foreign} said into the memory of ${owner} ("${namespace}")`)
      }
    },
  },
  {
    id: 'load',
    title: 'answers ten at once, ten times, and its health check meanwhile',
    async run(subject) {
      const { success } = await run(subject)
      const work = Array.from({ length: AT_ONCE }, async () => {
        for (let time = 0; time < 10; time++) {
          const result = await run(subject)
          if (success && !result.success) throw new Broken(`under load it fails: ${result.error}`)
        }
      })
      const health = await healthOf(subject)
      await Promise.all(work)
      if (health !== 200) throw new Broken(`under load its health check ${health ?? 'does not answer'}`)
      await mustBeWell(subject, 'after the load')
    },
  },
  {
    id: 'cancel',
    title: 'takes no harm from callers that go away',
    async run(subject) {
      const core = subject.started?.core
      const answer = core?.model
      if (core) core.model = () => new Promise(() => {})
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, number) => {
          const request = await beginRequest(subject)
          await request.sendRest()
          await pause(number)
          request.socket.destroy()
        }),
      )
      if (core && answer) core.model = answer
      await mustBeWell(subject, 'after callers that went away')
    },
  },
  {
    id: 'deadline',
    title: 'lets nobody wait for a caller that stops in the middle of its request',
    async run(subject) {
      const half = await beginRequest(subject)
      try {
        await mustBeWell(subject, 'while another caller had stopped in the middle of its request,')
      } finally {
        half.socket.destroy()
      }
    },
  },
  {
    id: 'drain',
    title: 'on SIGTERM answers what it has begun, ends within 3 s with code 0, and its port is free',
    async run(subject) {
      if (!subject.started) throw new Skipped('it was not started here')
      const { child } = subject.started
      const half = await beginRequest(subject)
      await mustBeWell(subject, 'while a request was coming in,')
      const begun = performance.now()
      const stopped = child.stop()
      await pause(100)
      const answered = await half.finish().catch((error: Error) => error)
      await stopped
      const how = await child.ended
      const ms = Math.round(performance.now() - begun)
      if (answered instanceof Error) throw answered
      if (ms > STOP_MS) throw new Broken(`it took ${ms} ms to end`)
      if (how !== 'ended with code 0') throw new Broken(`it ${how}`)
      if ((await healthOf(subject)) !== undefined) throw new Broken('something still answers at its address')
    },
  },
]

const wordOf = (person: string): string => `${person}-canary-${person.length * 7919}`

/** As a combined companion and as one that keeps the chat itself. @throws Broken when the answer has another's word */
async function mustStayApart(subject: Subject, person: string, said: string): Promise<void> {
  const user_id = `kit_${person}`
  for (const store of ['core', 'plugin']) {
    const metadata = {
      companion: { id: 'friend', name: 'Kit' },
      store,
      history: [],
      memories: [],
      memory_user_id: user_id,
    }
    const { text, error } = await run(subject, { user_id, user_name: person, user_input: said, metadata })
    const foreign = PEOPLE.find((other) => other !== person && `${text}${error}`.includes(wordOf(other)))
    if (foreign) throw new Broken(`${person} was answered with what ${foreign} had said`)
  }
}

/** A run of which half of the body is sent. */
async function beginRequest(
  subject: Subject,
): Promise<{ socket: Socket; sendRest(): Promise<void>; finish(): Promise<void> }> {
  const { hostname, port, pathname } = new URL(subject.run)
  const request = requestFor(subject)
  const body = Buffer.from(JSON.stringify(request))
  const socket = connect(Number(port), hostname.replaceAll(/[[\]]/g, ''))
  await once(socket, 'connect').catch((cause: Error) => {
    throw new Broken(`it takes no connections (${cause.message})`, { cause })
  })
  socket.on('error', () => {})
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    `authorization: Bearer ${subject.token}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.write(body.subarray(0, 20))
  const sendRest = (): Promise<void> =>
    new Promise((resolve) => void socket.write(body.subarray(20), () => resolve()))
  return {
    socket,
    sendRest,
    async finish() {
      void sendRest()
      const answer = await text(socket).catch(() => '')
      const [, status = '0'] = /^HTTP\/1\.[01] (\d+)/.exec(answer) ?? []
      if (status !== '200') throw new Broken('the request that it had begun was not answered')
      const json = answer.slice(answer.indexOf('{', answer.indexOf('\r\n\r\n')), answer.lastIndexOf('}') + 1)
      resultOf({ status: 200, type: '', text: json }, request.request_id)
    },
  }
}
