import { describe, expect, test } from 'vitest'
import type { Tool } from '#contract'
import { matchTool, valueOf } from './builtin-tools.ts'

const tool = (
  name: string,
  description: string,
  properties: Record<string, { type: string; description?: string }> = {},
  required: string[] = [],
): Tool => ({ type: 'function', function: { name, description, parameters: { properties, required } } })

const text = { type: 'string' }
const tools = [
  tool('clock__get_time', 'Get the time: Tells the time in a city', { city: text }, ['city']),
  tool('time__get_time', 'Get current time: Returns current time; optional timezone and format.', {
    timezone: { type: 'string', description: 'IANA timezone, e.g. Asia/Tokyo' },
    format: { type: 'string', description: '24h or 12h' },
  }),
  tool('time__list_timezones', 'List common timezones: Returns a list of common IANA timezone names.'),
  tool('quote_node__get_quote', 'Get a quote: Says a random quote'),
  tool(
    'quote_node__get_quote_by_topic',
    'Get a quote by topic: Says a quote about a topic',
    { topic: text },
    ['topic'],
  ),
  tool(
    'weather__fetch',
    'Get the weather: The weather of the next days',
    { city: text, days: { type: 'integer' } },
    ['city'],
  ),
  tool('hello__greet', 'Greet: Says hello to somebody', { who: text }),
]
const only = (...names: string[]): Tool[] => tools.filter(({ function: { name } }) => names.includes(name))
const match = (said: string, among = tools) => matchTool(said, among, { asks: true })

describe('a tool that clearly does what is asked for', () => {
  test.each([
    ['what time is it in Tokyo', 'clock__get_time', { city: 'Tokyo' }],
    ['What time is it in New York right now?', 'clock__get_time', { city: 'New York' }],
    ['list timezones please', 'time__list_timezones', {}],
    ['give me a quote', 'quote_node__get_quote', {}],
    ['Give me a quote about courage.', 'quote_node__get_quote_by_topic', { topic: 'courage' }],
    ['a quote about "the sea"', 'quote_node__get_quote_by_topic', { topic: 'sea' }],
    ["what's the weather in Paris for the next 3 days?", 'weather__fetch', { city: 'Paris', days: 3 }],
    ['how is the weather?', 'weather__fetch', {}],
    ['Greet me', 'hello__greet', {}],
    ['greet Maya', 'hello__greet', { who: 'Maya' }],
    ['Greet Anna Maria!', 'hello__greet', { who: 'Anna Maria' }],
  ])('%s', (said, name, args) => {
    expect(match(said)).toMatchObject({ tool: name, args })
  })

  test('a place becomes the time zone that a parameter wants; one that is not known matches nothing', () => {
    const time = only('time__get_time')
    expect(match('what time is it in Tokyo?', time)).toMatchObject({ args: { timezone: 'Asia/Tokyo' } })
    expect(match('what time is it in Springfield?', time)).toBeUndefined()
  })
})

test.each([
  "what's my dog's name?",
  'What time is my appointment?',
  'what time is dinner?',
  'how will the weather be in Paris on my birthday?',
  'who won the world cup in Japan?',
  'who is it',
  'Greet your mother from me',
  'greet whoever comes',
  '',
])('%j is for no tool', (said) => {
  expect(match(said)).toBeUndefined()
})

test('a statement is a wish only when it is short and says nothing else', () => {
  const said = (words: string) => matchTool(words, tools, { asks: false })?.tool
  expect(said('weather in Berlin')).toBe('weather__fetch')
  expect(said('The weather in Berlin was lovely today')).toBeUndefined()
  expect(said('I had the time of a lifetime')).toBeUndefined()
})

test.each([
  ['in Tokyo.', { name: 'city', type: 'string', description: '' }, 'Tokyo'],
  ['Berlin', { name: 'tz', type: 'string', description: 'a time zone' }, 'Europe/Berlin'],
  ['about 3', { name: 'days', type: 'integer', description: '' }, 3],
  ['none', { name: 'days', type: 'integer', description: '' }, undefined],
])('%j given for %j is %j', (said, parameter, value) => {
  expect(valueOf(said, parameter)).toBe(value)
})
