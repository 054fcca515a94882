// Says quotations: a plugin in plain JavaScript, with Node's own modules only.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

const { CORE_URL = 'http://127.0.0.1:9000', CORE_API_KEY = '', PORT = '3111' } = process.env
const url = `http://127.0.0.1:${PORT}`
const say = (line) => process.stdout.write(`${line}\n`)

const quotes = [
  { topic: 'courage', text: 'Fortune favours the bold.', by: 'Virgil' },
  { topic: 'courage', text: 'He who is brave is free.', by: 'Seneca' },
  { topic: 'time', text: 'Time is the most valuable thing that a man can spend.', by: 'Theophrastus' },
  { topic: 'time', text: 'While we are postponing, life speeds by.', by: 'Seneca' },
  { topic: 'friends', text: 'A friend is, as it were, a second self.', by: 'Cicero' },
  {
    topic: 'learning',
    text: 'By doubting we come to inquiry, by inquiry we come to the truth.',
    by: 'Abelard',
  },
  { topic: 'learning', text: 'I cannot teach anybody anything. I can only make them think.', by: 'Socrates' },
]
const topics = [...new Set(quotes.map(({ topic }) => topic))]

const plugin = {
  plugin_id: 'quote-node',
  name: 'Quotes',
  description: 'A quotation for the day, or for a topic.',
  type: 'http',
  health_check_url: `${url}/health`,
  config: { base_url: url, path: '/run', timeout_sec: 10 },
  capabilities: [
    { id: 'get_quote', name: 'Get a quote', description: 'A quotation, any.' },
    {
      id: 'get_quote_by_topic',
      name: 'Get a quote by topic',
      description: `A quotation about ${topics.join(', ')}.`,
      parameters: [{ name: 'topic', type: 'string', required: true, description: topics.join(', ') }],
    },
  ],
}

const capabilities = {
  get_quote: (id) => pick(quotes, id),
  get_quote_by_topic(id, { topic = '' } = {}) {
    const fitting = quotes.filter((quote) => quote.topic === String(topic).trim().toLowerCase())
    if (fitting.length === 0)
      throw new Failure(`There is nothing about "${topic}". Topics: ${topics.join(', ')}`)
    return pick(fitting, id)
  },
}

class Failure extends Error {}

/** By the id of the request, so that the same request gets the same quotation. */
function pick(list, id) {
  const { text, by } = list[createHash('sha256').update(id).digest().readUInt32BE() % list.length]
  return `“${text}” (${by})`
}

function run(request) {
  const { request_id, capability_id, capability_parameters } = request ?? {}
  const name = capability_id || 'get_quote'
  if (typeof request_id !== 'string') throw new SyntaxError('request_id is missing')
  if (!Object.hasOwn(capabilities, name)) throw new SyntaxError(`There is no capability "${name}"`)
  const frame = { request_id, plugin_id: 'quote-node' }
  try {
    return { ...frame, success: true, text: capabilities[name](request_id, capability_parameters ?? {}) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { ...frame, success: false, text: '', error: error.message }
  }
}

let token = CORE_API_KEY
const digest = (value) => createHash('sha256').update(value).digest()
const isCore = ({ authorization = '' }) => timingSafeEqual(digest(authorization), digest(`Bearer ${token}`))

const server = createServer(async (request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (request.url === '/health') return answer(200, { status: 'ok' })
  if (request.method !== 'POST' || request.url !== '/run')
    return answer(404, { error: 'There is no such path' })
  if (!isCore(request.headers)) return answer(401, { error: 'Only Core may call this plugin' })
  try {
    answer(200, run(JSON.parse(await text(request))))
  } catch (error) {
    answer(error instanceof SyntaxError ? 422 : 500, { error: error.message })
  }
})

/** Tells Core where we are, as soon as it is there. Started by hand, it gets its token by this. */
async function register() {
  const headers = { 'content-type': 'application/json', 'x-api-key': token }
  const body = JSON.stringify(plugin)
  for (;;) {
    try {
      const answer = await fetch(`${CORE_URL}/api/plugins/register`, { method: 'POST', headers, body })
      if (answer.ok) {
        token = (await answer.json()).token ?? token
        return say('registered at Core')
      }
      say(`not registered yet: ${answer.status} ${await answer.text()}`)
    } catch (error) {
      say(`not registered yet: ${error.message}`)
    }
    await pause(1_000)
  }
}

process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
server.listen(Number(PORT), '127.0.0.1', () => {
  say(`listens on ${url}`)
  void register()
})
