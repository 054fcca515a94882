// A plugin for the tests of Core. It does what `user_input` says, well or badly.
import { spawn } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import process, { env } from 'node:process'

const say = (line) => process.stdout.write(`${line}\n`)
const [mode = 'good', home] = process.argv.slice(2)
writeFileSync(join(home, String(process.pid)), '')
appendFileSync(
  join(home, '..', 'starts.jsonl'),
  JSON.stringify({ pid: process.pid, cwd: process.cwd(), argv: process.argv, env }) + '\n',
)
if (mode === 'exits') {
  process.stderr.write('cannot start\n')
  process.exit(3)
}
if (mode === 'stubborn') process.on('SIGTERM', () => say('no'))
const isDeaf = ['deaf', 'family'].includes(mode)
if (mode === 'family') spawn(process.execPath, [process.argv[1], 'stubborn', home], { env: { PORT: '0' } })
if (env.HOMECLAW_SUPERVISED && !isDeaf) process.stdin.on('end', () => process.exit(0)).resume()
let sick = mode === 'sick'
const seen = { runs: 0, health: 0, written: 0, closed: 0, sockets: 0, auth: '', accept: '' }
const json = (res, value, status = 200) => {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(typeof value === 'string' ? value : JSON.stringify(value))
}
const flood = (res, chunk, every) => {
  let open = true
  res.on('close', () => {
    open = false
    seen.closed++
  })
  const more = () => {
    if (!open) return
    seen.written += chunk.length
    if (every || !res.write(chunk)) {
      if (every) {
        res.write(chunk)
        setTimeout(more, every)
      } else res.once('drain', more)
    } else setImmediate(more)
  }
  more()
}
const sse = (res) => res.writeHead(200, { 'content-type': 'text/event-stream' })
const event = (value) => 'data: ' + JSON.stringify(value) + '\n\n'
const result = (request, rest = {}) => ({
  request_id: request.request_id,
  plugin_id: request.plugin_id,
  success: true,
  text: 'ok',
  error: null,
  metadata: {},
  ...rest,
})
const ways = {
  ok: (q, res) => json(res, result(q)),
  upstream: (q, res) => json(res, { success: true, text: 'old' }),
  500: (q, res) => json(res, { error: 'broken' }, 500),
  unsuccessful: (q, res) =>
    json(res, result(q, { success: false, text: '', error: 'no quota\n\u001b[31mleft' + '.'.repeat(5000) })),
  hang: (q, res) => res.on('close', () => seen.closed++),
  reset: (q, res) => res.socket.resetAndDestroy(),
  hangup: (q, res) => res.socket.destroy(),
  trickle: (q, res) => {
    res.writeHead(200)
    flood(res, ' ', 20)
  },
  huge: (q, res) => {
    res.writeHead(200, { 'content-length': 2 ** 30 })
    flood(res, Buffer.alloc(65536, 32))
  },
  endless: (q, res) => {
    res.writeHead(200)
    flood(res, Buffer.alloc(65536, 32))
  },
  type: (q, res) => json(res, { success: 'perhaps', text: 7 }),
  list: (q, res) => json(res, []),
  html: (q, res) => {
    res.writeHead(200, { 'content-type': 'text/html' })
    res.end('<h1>secret words</h1>')
  },
  utf8: (q, res) => {
    res.writeHead(200)
    res.end(Buffer.from('{"success":true,"text":"\xff\xfe"}', 'latin1'))
  },
  proto: (q, res) =>
    json(
      res,
      '{"success":true,"text":"p","__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":1},"a":1}}',
    ),
  deep: (q, res) =>
    json(res, '{"success":true,"text":"d","metadata":{"a":' + '['.repeat(100000) + ']'.repeat(100000) + '}}'),
  redirect: (q, res) => {
    res.writeHead(302, { location: env.ELSEWHERE ?? '/' })
    res.end()
  },
  other: (q, res) => json(res, result(q, { request_id: 'of somebody else' })),
  garbage: (q, res) => res.socket.end('this is not HTTP\r\n\r\n'),
  auth: (q, res) => json(res, result(q, { text: seen.auth, metadata: { accept: seen.accept } })),
  once: (q, res) => {
    if (seen.runs === 1) res.socket.end()
    else json(res, result(q, { text: 'second' }))
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  throw: () =>
    setImmediate(() => {
      throw new Error('on purpose')
    }),
  exit: () => process.exit(3),
  busy(q, res) {
    const until = Date.now() + 1_000
    while (Date.now() < until);
    json(res, result(q))
  },
  late: (q, res) => setTimeout(() => json(res, result(q)), 1_000),
  leak() {
    const kept = []
    const more = () => {
      for (let i = 0; i < 1_000; i++) kept.push(Array.from({ length: 1_000 }, () => i))
      setImmediate(more)
    }
    more()
  },
  slow: (q, res) => setTimeout(() => json(res, result(q)), 300),
  stream: (q, res) => {
    sse(res)
    for (const text of ['a', 'b', 'ü']) res.write(event({ event: 'delta', text }))
    res.end(event({ event: 'result', result: result(q, { text: 'abü' }) }))
  },
  'stream chatty': (q, res) => {
    sse(res)
    res.write(event({ event: 'result', result: result(q) }))
    flood(res, ': more\n', 20)
  },
  'stream lost': (q, res) => {
    sse(res)
    res.end(event({ event: 'delta', text: 'a' }))
  },
  'stream cut': (q, res) => {
    sse(res)
    res.write(event({ event: 'delta', text: 'a' }), () => setTimeout(() => res.socket.resetAndDestroy(), 30))
  },
  'stream endless': (q, res) => {
    sse(res)
    flood(res, Buffer.from(event({ event: 'delta', text: 'x'.repeat(1000) })))
  },
  'stream slow': (q, res) => {
    sse(res)
    flood(res, event({ event: 'delta', text: 'x' }), 20)
  },
  'stream type': (q, res) => {
    sse(res)
    res.end(event({ event: 'delta', text: 7 }))
  },
  'stream utf8': (q, res) => {
    sse(res)
    res.end(Buffer.from('data: {"event":"delta","text":"\xff"}\n\n', 'latin1'))
  },
}
const server = http.createServer((req, res) => {
  if (req.url === '/health') {
    seen.health++
    return sick === 'hang' ? undefined : json(res, {}, sick ? 503 : 200)
  }
  if (req.url === '/seen') return json(res, { ...seen, pid: process.pid })
  if (req.url === '/history/ann') return json(res, { messages: [], more: false })
  if (req.url === '/wrong') return json(res, { detail: 'The canary is\nnot a colour' }, 422)
  if (req.method !== 'POST') return json(res, {}, 404)
  let body = ''
  req
    .setEncoding('utf8')
    .on('data', (more) => (body += more))
    .on('end', () => {
      const value = body ? JSON.parse(body) : {}
      if (req.url === '/sick') {
        sick = value.sick
        return json(res, {})
      }
      if (req.url !== '/run') return json(res, { url: req.url, value })
      seen.runs++
      seen.auth = req.headers.authorization ?? ''
      seen.accept = req.headers.accept
      ;(ways[value.user_input] ?? ways.ok)(value, res)
    })
})
server.on('connection', () => seen.sockets++)
server.listen(Number(env.PORT), '127.0.0.1', async () => {
  const base = 'http://127.0.0.1:' + server.address().port
  if (mode === 'noisy') {
    process.stdout.write('x'.repeat(100000) + '\n\u001b[31mred\u001b[0m "quoted"\n')
    say('{"level":"warn","time":1,"plugin":"me","turn":7,"msg":"as Core writes"}')
    say('{"level":"toString","msg":"not quite"}')
    for (let i = 0; i < 1000; i++) say('line ' + i)
  }
  if (!env.CORE_URL || mode === 'silent') return say(base)
  const body = {
    plugin_id: env.ID,
    name: env.NAME ?? 'Test',
    health_check_url: base + '/health',
    type: 'http',
    config: { base_url: base, timeout_sec: Number(env.TIMEOUT ?? 5) },
  }
  const answer = await fetch(env.CORE_URL + '/api/plugins/register', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + env.CORE_API_KEY },
    body: JSON.stringify(body),
  })
  say('registered: ' + answer.status)
})
