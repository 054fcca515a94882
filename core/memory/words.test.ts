import { describe, expect, it } from 'vitest'
import { piecesOf, termsOf, wordsOf } from './words.ts'

const words = (question: string) => termsOf(question).map(({ word }) => word)

describe('words', () => {
  it.each([
    ["What is my sister's name?", ['sister', 'name']],
    ['What is it?', ['what', 'is', 'it']],
    ['the cat, the CAT and the dog', ['cat', 'dog']],
    ['"a" OR * NEAR(x y) scope:ns1', ['scope', 'near', 'ns1', 'x', 'y']],
    ['?!…', []],
    ['ＡＢＣ', ['abc']],
    ['x\0y\u0001z', ['x', 'y', 'z']],
  ])('looks up for %j: %j', (question, expected) => {
    expect(words(question)).toEqual(expected)
  })

  it('looks up every letter of a script without spaces, and pairs as a bonus', () => {
    expect(termsOf('黑猫')).toEqual([
      { word: '黑', prefix: true, bonus: false },
      { word: '猫', prefix: true, bonus: false },
      { word: '黑猫', prefix: false, bonus: true },
    ])
    expect(wordsOf('黑い猫 Rex')).toEqual(['黑い', 'い猫', '猫', 'rex'])
  })

  it('looks up no more than 48 words, however long the question', () => {
    expect(termsOf(Array.from({ length: 10_000 }, (_, at) => `word${at}`).join(' '))).toHaveLength(24)
    expect(termsOf('漢字仮名交じり文'.repeat(10_000)).length).toBeLessThanOrEqual(48)
  })

  it('cuts pieces of at most 100 words and 800 units, and loses nothing but blanks', () => {
    const text = `${'word '.repeat(250)}${'漢'.repeat(2_000)} end`
    const pieces = piecesOf(text)
    for (const piece of pieces) {
      expect(piece.split(' ').length).toBeLessThanOrEqual(100)
      expect(piece.length).toBeLessThanOrEqual(801)
    }
    expect(pieces.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
    expect(piecesOf(' \n ')).toEqual([])
  })
})
