// A plugin that keeps the contract but for one thing: what WAY says. For the tests of the conformance kit.
import { createServer } from 'node:http'
import process from 'node:process'
import { text } from 'node:stream/consumers'

const { CORE_URL, CORE_API_KEY, PORT, WAY } = process.env
const url = `http://127.0.0.1:${PORT}`
const KNOWN = [
  'request_id',
  'plugin_id',
  'user_input',
  'user_id',
  'user_name',
  'channel_name',
  'channel_type',
]
const ALL = [...KNOWN, 'app_id', 'metadata', 'capability_id', 'capability_parameters']
let running = 0
let last = ''
let hurt = false
let before = Promise.resolve()

async function run(request, response) {
  if (WAY === 'dies of callers that go away')
    response.on('close', () => response.writableFinished || process.exit(1))
  const answer = (status, body, type = 'application/json') =>
    response
      .writeHead(status, { 'content-type': type })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
  let asked
  try {
    const body = await text(request)
    hurt ||= body.startsWith('[[')
    asked = JSON.parse(body)
    if (typeof asked.request_id !== 'string') throw new SyntaxError('no request')
  } catch {
    if (WAY === 'dies of what is no request') process.exit(1)
    return answer(WAY === 'fails at what is no request' ? 500 : 422, { error: 'no request' })
  }
  const { request_id, user_input, capability_id } = asked
  const isOpen = request.headers.authorization === `Bearer ${CORE_API_KEY}`
  if (!isOpen && WAY !== 'lets anybody in') return answer(401, { error: 'no' })
  if (capability_id !== 'say' && WAY !== 'agrees to everything')
    return answer(200, { success: false, error: 'no such' })
  if (WAY === 'never answers') return
  if (WAY === 'lies about its health' && hurt) return answer(500, {})
  if (WAY === 'answers no JSON') return answer(200, 'hello')
  if (WAY === 'answers another request') return answer(200, { request_id: 'x', success: true, text: 'hi' })
  if (WAY === 'fails without a reason') return answer(200, { request_id, success: false })
  if (WAY === 'is strict' && Object.keys(asked).some((key) => !ALL.includes(key)))
    return answer(200, { request_id, success: false, error: 'what is this?' })
  if (WAY === 'breaks its stream off' && request.headers.accept.includes('event-stream'))
    return answer(200, 'data: {"event":"delta","text":"a"}\n\n', 'text/event-stream')
  running++
  const said = last
  last = user_input
  await new Promise((resolve) => setTimeout(resolve, 5))
  if (WAY === 'takes four at once' && running > 4) answer(503, {})
  else if (WAY === 'gossips') answer(200, { request_id, success: true, text: `Somebody said: ${said}` })
  else answer(200, { request_id, success: true, text: 'hi' })
  running--
}

const server = createServer(async (request, response) => {
  if (request.url === '/health') return response.writeHead(WAY === 'is sick' ? 503 : 200).end()
  if (WAY !== 'takes one after the other') return run(request, response)
  before = before.then(() => run(request, response))
})
if (WAY !== 'drops everything on SIGTERM')
  process.on('SIGTERM', () => {
    if (WAY === 'does not end') return
    server.close(() => process.exit(WAY === 'ends badly' ? 3 : 0))
    server.closeIdleConnections()
  })
server.listen(Number(PORT), '127.0.0.1', async () => {
  await fetch(`${CORE_URL}/api/plugins/register`, {
    method: 'POST',
    headers: WAY === 'forgets its key' ? {} : { 'x-api-key': CORE_API_KEY },
    body: JSON.stringify({
      plugin_id: 'bad',
      name: 'Bad',
      health_check_url: `${url}/health`,
      type: 'http',
      config: { base_url: url, timeout_sec: 1 },
      capabilities: [{ id: 'say', name: 'Say' }],
    }),
  })
})
