import {
  Broken,
  healthOf,
  mustBeWell,
  post,
  requestFor,
  resultOf,
  resultOfStream,
  run,
  short,
} from './ask.ts'
import { Advice, type Check, Skipped } from './check.ts'
import { examplesFor, type Subject } from './subject.ts'

/** How it presents itself, and that its answers are what the contract says. */
export const contractChecks: readonly Check[] = [
  {
    id: 'handshake',
    title: 'registers itself, with an address on this machine and at least one capability',
    async run({ started }) {
      if (!started) throw new Skipped('it runs already')
      const { core, registration } = started
      const sent = core.seen.find(({ path }) => path === '/api/plugins/register')
      if (!sent?.token) throw new Broken('it registers without the key of CORE_API_KEY')
      const { hostname } = new URL(registration.config.base_url)
      if (!/^(localhost|\[::1\]|127\..*)$/.test(hostname))
        throw new Broken(`its base_url is on "${hostname}", which Core refuses unless the owner lists it`)
      if (registration.capabilities.length === 0)
        throw new Advice('it names no capability, so that only a companion can use it')
    },
  },
  {
    id: 'health',
    title: 'tells its health to everybody, as soon as it has registered',
    async run(subject) {
      const status = await healthOf(subject)
      if (status !== 200) throw new Broken(`${subject.health} answered ${status ?? 'nothing within 2 s'}`)
    },
  },
  {
    id: 'schema',
    title: 'answers a run with a result of the contract',
    async run(subject) {
      const { success, error } = await run(subject)
      if (!success) throw new Advice(`it answered, but that it failed: ${short(error ?? '')}`)
    },
  },
  {
    id: 'capabilities',
    title: 'answers each of its capabilities, also with parameters that mean nothing to it',
    async run(subject) {
      for (const capability of subject.capabilities)
        await run(subject, {
          capability_id: capability.id,
          capability_parameters: examplesFor(capability),
        }).catch((cause: Error) => {
          throw new Broken(`${capability.id}: ${cause.message}`, { cause })
        })
    },
  },
  {
    id: 'streaming',
    title: 'answers who would take a stream with one, or with JSON',
    async run(subject) {
      const request = requestFor(subject)
      const answer = await post(subject, request, { accept: 'text/event-stream, application/json' })
      if (answer.status === 200 && answer.type.startsWith('text/event-stream'))
        resultOfStream(answer.text, request.request_id)
      else resultOf(answer, request.request_id)
    },
  },
  {
    id: 'unknown-fields',
    title: 'does not stumble over fields that it does not know',
    async run(subject) {
      const before = await run(subject)
      const deep = { of: ['a', { later: null }] }
      const after = await run(subject, { new_field: deep, metadata: { new_field: deep }, chat_context: '' })
      if (before.success && !after.success)
        throw new Broken(`with fields that it does not know it fails: ${short(after.error ?? '')}`)
    },
  },
  {
    id: 'wrong-types',
    title: 'refuses what is no request, says so, and goes on',
    async run(subject) {
      const bodies: readonly (readonly [string, unknown])[] = [
        ['no JSON', 'hello'],
        ['nothing', ''],
        ['a list', '[]'],
        ['null', 'null'],
        ['half an object', '{"request_id": "a'],
        ['numbers for texts', { ...requestFor(subject), request_id: 7, user_input: 7, metadata: 7 }],
        ['a list for parameters', { ...requestFor(subject), capability_parameters: [1] }],
        ['what is nested 100,000 deep', '['.repeat(100_000)],
        ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
      ]
      for (const [what, body] of bodies) await mustTakeCalmly(subject, what, body)
      await mustBeWell(subject, 'after what is no request')
    },
  },
  {
    id: 'unknown-capability',
    title: 'says that it does not have a capability that it does not have',
    async run(subject) {
      const request = requestFor(subject, { capability_id: 'no_such_capability' })
      const answer = await post(subject, request)
      if (answer.status >= 500) throw new Broken(`it answered with status ${answer.status}`)
      if (answer.status === 200 && resultOf(answer, request.request_id).success)
        throw new Advice('it answers a capability that it does not have as if it had it')
    },
  },
  {
    id: 'token',
    title: 'lets nobody in but Core',
    async run(subject) {
      if (!subject.token) throw new Skipped('the kit has no token of it')
      for (const token of ['', 'another', `${subject.token}x`]) {
        const { status } = await post(subject, requestFor(subject), { token })
        if (status === 200)
          throw new Advice('it answers without its token: any program on this machine may use it')
        if (status >= 500) throw new Broken(`without its token it answers with status ${status}`)
      }
    },
  },
  {
    id: 'repeated',
    title: 'gives the same answer when the same request comes again',
    async run(subject) {
      const request_id = requestFor(subject).request_id
      const [first, second] = [await run(subject, { request_id }), await run(subject, { request_id })]
      if (first.text !== second.text)
        throw new Advice('the same request_id ran twice: fine unless a run changes something')
    },
  },
]

/** A refusal is 4xx, or a result with success: false. A success is right where a plugin does not look at that part. */
async function mustTakeCalmly(subject: Subject, what: string, body: unknown): Promise<void> {
  const { status, text } = await post(subject, body).catch((cause: Error) => {
    throw new Broken(`sent ${what}, ${cause.message}`, { cause })
  })
  if (status >= 500) throw new Broken(`sent ${what}, it answered with status ${status}`)
  if (status === 200 && text === '') throw new Broken(`sent ${what}, it answered with nothing`)
}
