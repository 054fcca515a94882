import { expect, test } from 'vitest'
import { MOST_PASSAGES, passagesOfPages, passagesOfText } from './passages.ts'

test('headings end a passage and stand in it; a fence is no heading', () => {
  const text = '# A\none\n\ntwo\n## B\nthree\n```\n# no heading\n```\n# C\n\nfour'
  expect(passagesOfText(text, true)).toEqual([
    { text: 'A\none\ntwo', place: 'A, lines 2–4' },
    { text: 'A › B\nthree\n```\n# no heading\n```', place: 'A › B, lines 6–9' },
    { text: 'C\nfour', place: 'C, line 12' },
  ])
  expect(passagesOfText('# A\r\none', false)).toEqual([{ text: '# A\none', place: 'lines 1–2' }])
})

test('a long paragraph is cut at its sentences, a word without end at its letters; nothing is lost', () => {
  const sentences = Array.from({ length: 60 }, (_, at) => `This is sentence number ${at}. `).join('')
  const cut = passagesOfText(sentences, false)
  expect(cut.length).toBeGreaterThan(1)
  for (const { text, place } of cut) {
    expect(text.length).toBeLessThanOrEqual(900)
    expect(text).toMatch(/^This .*\.$/)
    expect(place).toBe('line 1')
  }
  expect(cut.map(({ text }) => text).join(' ')).toBe(sentences.trim())
  const word = passagesOfText('x'.repeat(2_500), false)
  expect(word.map(({ text }) => text).join('')).toBe('x'.repeat(2_500))
})

test('pages are never joined, lines of a page are', () => {
  expect(passagesOfPages(['The exam-\nple goes\non.', '', 'Third.'])).toEqual([
    { text: 'The example goes on.', place: 'page 1' },
    { text: 'Third.', place: 'page 3' },
  ])
})

test('a file has an end', () => {
  const long = Array.from({ length: MOST_PASSAGES * 2 }, (_, at) => `# ${at}\nx\n`).join('')
  expect(passagesOfText(long, true)).toHaveLength(MOST_PASSAGES)
  expect(passagesOfText(' \n\n', false)).toEqual([])
})
