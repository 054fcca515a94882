/** What endpoints were seen to answer, right and wrong: the cases of the model contract. */
import type { ModelTimeouts } from './deadline.ts'
import type { ModelFault } from './model.ts'
import type { ScriptedAnswer } from '../testing/scripted-model.ts'

/** May never be seen in an error. */
export const SECRET = 'sk-canary-key-0123456789'
export const PROMPT = 'canary-prompt-jellyfish'
const delta = (fields: Record<string, unknown>, finish: string | null = null) => ({
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
})
const callDelta = (...calls: unknown[]) => delta({ tool_calls: calls })

/** Scripted answers that must end in exactly one ModelError of this fault. */
export const FAULTS: readonly [string, ModelFault, ScriptedAnswer][] = [
  ['401', 'auth', { fail: 401, body: { error: { message: `Incorrect API key ${SECRET}` } } }],
  ['403', 'auth', { fail: 403 }],
  [
    '400',
    'refused',
    { fail: 400, body: { error: { message: `no: ${PROMPT}`, type: 'invalid_request_error' } } },
  ],
  ['404 model not found', 'refused', { fail: 404 }],
  ['a redirect', 'refused', { fail: 302, headers: { location: 'http://127.0.0.1:9/' } }],
  [
    '422 that repeats the prompt',
    'refused',
    { fail: 422, body: { detail: [{ type: 'missing', input: PROMPT }] } },
  ],
  [
    '400 context of OpenAI',
    'too_long',
    { fail: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } },
  ],
  [
    '400 context of llama.cpp',
    'too_long',
    {
      fail: 400,
      body: { error: { message: 'the request exceeds the available context size (4096 tokens)' } },
    },
  ],
  [
    '400 context of vLLM',
    'too_long',
    { fail: 400, body: { message: "This model's maximum context length is 4096 tokens." } },
  ],
  ['413', 'too_long', { fail: 413 }],
  ['429', 'busy', { fail: 429, headers: { 'retry-after': '7' } }],
  [
    '503 loading',
    'busy',
    { fail: 503, body: { error: { message: 'Loading model', type: 'unavailable_error' } } },
  ],
  ['500', 'bad_answer', { fail: 500, body: 'Traceback (most recent call last): …' }],
  ['502 with HTML', 'bad_answer', { fail: 502, body: '<html>Bad Gateway</html>' }],
  ['504', 'timeout', { fail: 504 }],
  ['HTML with 200', 'bad_answer', { garbage: '<!doctype html><html></html>', content_type: 'text/html' }],
  ['noise with 200', 'bad_answer', { garbage: 'lorem ipsum\ndolor sit amet\n\n' }],
  ['nothing with 200', 'bad_answer', { garbage: '' }],
  ['JSON of another kind', 'bad_answer', { garbage: '{"status":"ok"}', content_type: 'application/json' }],
  ['half of a JSON', 'bad_answer', { garbage: '{"choices":[{"mess', content_type: 'application/json' }],
  ['a bad part in the middle', 'bad_answer', { events: [delta({ content: 'a' }), '{"choices":', '[DONE]'] }],
  ['a part of another kind', 'bad_answer', { events: [{ choices: 'no' }, '[DONE]'] }],
  [
    'an error part',
    'bad_answer',
    { events: [delta({ content: 'a' }), { error: { message: PROMPT } }, '[DONE]'] },
  ],
  [
    'an error part: busy',
    'busy',
    { events: [{ error: { message: 'Overloaded', type: 'overloaded_error' } }] },
  ],
  ['an error part: context', 'too_long', { events: [{ error: { message: 'exceeds the context window' } }] }],
  ['an error line of llama.cpp', 'bad_answer', { garbage: 'error: {"code":500,"message":"slot"}\n\n' }],
  ['an error event', 'bad_answer', { garbage: 'event: error\ndata: {"error":{"message":"x"}}\n\n' }],
  ['an error as the whole answer', 'bad_answer', { garbage: '{"error":{"message":"x"}}' }],
  ['finish reason error', 'bad_answer', { events: [delta({ content: 'a' }), delta({}, 'error'), '[DONE]'] }],
  ['a cut stream', 'cut', { cut: true, text: 'one two three four', after: 3 }],
  ['a broken connection', 'cut', { cut: true, text: 'one two three four', after: 3, rudely: true }],
  ['an empty answer', 'bad_answer', { text: '' }],
  ['only blanks', 'bad_answer', { text: ' \n \n' }],
  ['only thinking', 'bad_answer', { text: '<think>hm</think>\n' }],
  ['a filtered answer', 'bad_answer', { text: '', finish_reason: 'content_filter' }],
  [
    'a tool without a name',
    'bad_answer',
    { events: [callDelta({ index: 0, id: 'a' }), delta({}, 'tool_calls')] },
  ],
  ['an endless answer', 'bad_answer', { text: 'x'.repeat(1_000_001), chunks: 10 }],
  ['an endless line', 'bad_answer', { garbage: `data: ${'x'.repeat(4_100_000)}` }],
]

/** What ends by a deadline; the other deadline is far, so that a slow machine changes nothing. */
export const SILENCES: readonly [string, ScriptedAnswer, ModelTimeouts][] = [
  ['no headers', { hang: true }, { firstToken: 200, idle: 60_000 }],
  ['no first word', { hang: true, after: 0 }, { firstToken: 200, idle: 60_000 }],
  [
    'silence in the middle',
    { hang: true, text: 'one two three four', after: 3 },
    { firstToken: 60_000, idle: 200 },
  ],
]

/** Dialects: what comes, and what it means. */
export const DIALECTS: readonly [string, ScriptedAnswer, { text?: string; calls?: [string, unknown][] }][] = [
  ['text in parts', { text: 'Grüße, 世界 🌍', chunks: 9 }, { text: 'Grüße, 世界 🌍' }],
  ['one JSON instead of a stream', { text: 'Hi', whole: true }, { text: 'Hi' }],
  [
    'one JSON with a tool call',
    { tool_calls: [{ name: 'weather', arguments: { town: 'Ulm' } }], whole: true },
    { calls: [['weather', { town: 'Ulm' }]] },
  ],
  [
    'tool calls in parts, two at once',
    {
      tool_calls: [
        { name: 'weather', arguments: { town: 'Ulm' } },
        { name: 'weather', arguments: { town: 'Bonn' } },
      ],
    },
    {
      calls: [
        ['weather', { town: 'Ulm' }],
        ['weather', { town: 'Bonn' }],
      ],
    },
  ],
  [
    'Ollama: whole calls, all with index 0, arguments as an object, finish stop',
    {
      events: [
        callDelta({ index: 0, id: 'a', function: { name: 'weather', arguments: { town: 'Ulm' } } }),
        callDelta({ index: 0, id: 'b', function: { name: 'weather', arguments: '{"town":"Bonn"}' } }),
        delta({ content: '' }, 'stop'),
        '[DONE]',
      ],
    },
    {
      calls: [
        ['weather', { town: 'Ulm' }],
        ['weather', { town: 'Bonn' }],
      ],
    },
  ],
  [
    'calls without index and without id',
    {
      events: [
        callDelta({ function: { name: 'weather', arguments: '{"to' } }),
        callDelta({ function: { arguments: 'wn":"Ulm"}' } }),
        callDelta({ function: { name: 'weather', arguments: '' } }),
        delta({}, 'tool_calls'),
      ],
    },
    {
      calls: [
        ['weather', { town: 'Ulm' }],
        ['weather', {}],
      ],
    },
  ],
  [
    'id and name repeated in every part',
    {
      events: [
        callDelta({ index: 0, id: 'a', function: { name: 'weather', arguments: '{"town":' } }),
        callDelta({ index: 0, id: 'a', function: { name: 'weather', arguments: '"Ulm"}' } }),
        delta({}, 'tool_calls'),
        '[DONE]',
      ],
    },
    { calls: [['weather', { town: 'Ulm' }]] },
  ],
  ['thinking in a field of its own', { text: 'Four.', reasoning: 'two and two' }, { text: 'Four.' }],
  [
    'thinking in the field of Ollama',
    { events: [delta({ content: '', reasoning: 'hm' }), delta({ content: 'Four.' }), delta({}, 'stop')] },
    { text: 'Four.' },
  ],
  ['thinking in marks', { text: '<think>\ntwo and two\n</think>\n\nFour.', chunks: 17 }, { text: 'Four.' }],
  [
    'keep-alive comments',
    { garbage: ': hi\n\n: hi\n\ndata: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n' },
    { text: 'Hi' },
  ],
  [
    'no finish reason, but [DONE] at the very end',
    { garbage: 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: [DONE]' },
    { text: 'Hi' },
  ],
  [
    'a finish reason and no [DONE]',
    { events: [delta({ content: 'Hi' }), delta({}, 'stop')] },
    { text: 'Hi' },
  ],
  [
    'lines that end with CR LF',
    { garbage: 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\r\n\r\n' },
    { text: 'Hi' },
  ],
  [
    'a first part without choices (Azure)',
    { events: [{ choices: [], prompt_filter_results: [] }, delta({ content: 'Hi' }, 'stop')] },
    { text: 'Hi' },
  ],
  [
    'a complete stream that is never closed',
    { events: [delta({ content: 'Hi' }, 'stop'), '[DONE]'], open: true },
    { text: 'Hi' },
  ],
  ['an answer that hit its length', { text: 'Once upon', finish_reason: 'length' }, { text: 'Once upon' }],
]
