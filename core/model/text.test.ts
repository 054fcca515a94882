import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { understand } from './builtin-intents.ts'
import { findJson } from './json-text.ts'
import { createThinkingFilter } from './thinking.ts'
import { contentWords, coverage } from './words.ts'

const shown = (parts: readonly string[]): string => {
  const filter = createThinkingFilter()
  return parts.map((part) => filter.push(part)).join('') + filter.end()
}

describe('thinking', () => {
  test.each([
    ['<think>a</think>b', 'b'],
    ['\n <think>a</think>\n\nb', 'b'],
    ['b <think>a</think>c', 'b c'],
    ['<think>a</think>', ''],
    ['<think>never ends', ''],
    ['write `<think>` like this', 'write `<think>` like this'],
    ['1 <think of it', '1 <think of it'],
    ['so <think>open', 'so <think>open'],
    ['a < b', 'a < b'],
    ['a <', 'a <'],
  ])('%j is shown as %j', (text, expected) => {
    expect(shown([text])).toBe(expected)
    expect(shown([...text])).toBe(expected)
  })

  test('how a text is cut into parts never changes what is shown', () => {
    const piece = fc.constantFrom('<think>', '</think>', '<', 'think>', '`', ' ', 'word', '\n')
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
        const text = pieces.join('')
        const parts = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
        expect(shown(parts)).toBe(shown([text]))
      }),
    )
  })
})

describe('JSON in a text', () => {
  test.each([
    ['{"a":1}', '{"a":1}'],
    [' {"a":1}\n', '{"a":1}'],
    ['```json\n{"a":1}\n```', '{"a":1}'],
    ['Look: {"a":"}"} and {"b":2}', '{"a":"}"}'],
    ['See [1], then {"a":[1]}', '{"a":[1]}'],
    ['a list: [1,2]', '[1,2]'],
    ['{"a":', undefined],
    ['42', undefined],
    ['', undefined],
    ['{'.repeat(100_000), undefined],
  ])('%.40j', (text, expected) => {
    expect(findJson(text)).toBe(expected)
  })
})

test.each([
  ["What is my dog's name?", 'My dog is called Rex', true],
  ['Как зовут мою собаку?', 'Моя собака Рекс', true],
  ['我的狗叫什么名字', '我的狗叫雷克斯', true],
  ['강아지 이름', '우리 강아지는 렉스', true],
  ['forget it', 'My dog is called Rex', false],
  ['my cat', 'My dog is called Rex', false],
  ['it', 'it', false],
])('%s … %s: %s', (query, text, covered) => {
  expect(coverage(contentWords(query), text) >= 0.3).toBe(covered)
})

test.each([
  ['When I was young I lived in Ulm', 'statement'],
  ['Have a nice day', 'statement'],
  ['Will is my brother', 'statement'],
  ['was ist das', 'question'],
  ['is my dog old', 'question'],
  ['do you remember my dog?', 'question'],
  ['What time is my flight?', 'question'],
  ['Wie geht’s?', 'wellBeing'],
  ['Hallo Veda!', 'greeting'],
  ['おやすみ', 'goodNight'],
  ['', 'statement'],
])('%s is a %s', (text, kind) => {
  expect(understand(text, 'Veda').kind).toBe(kind)
})

test('any text is understood in some way', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(understand(text, 'Veda').kind).toBeTypeOf('string')
    }),
  )
})
