import { expect, test } from 'vitest'
import { languages } from './builtin-phrases.ts'
import { inLanguage, languageOfText } from './language.ts'

test.each([
  ['Remind me tomorrow at 8 to call the dentist', 'en'],
  ['Erinnere mich morgen um 8 Uhr an den Zahnarzt', 'de'],
  ['Rappelle-moi demain à 8 h d’appeler le dentiste', 'fr'],
  ['Recuérdame mañana a las 8 llamar al dentista', 'es'],
  ['Me lembra amanhã às 8 de ligar para o dentista', 'pt'],
  ['Ricordami domani alle 8 di chiamare il dentista', 'it'],
  ['Напомни завтра в 8 позвонить врачу', 'ru'],
  ['明天八点提醒我看牙医', 'zh'],
  ['明日の8時に歯医者をリマインドして', 'ja'],
  ['내일 8시에 치과 알려줘', 'ko'],
  ['ذكّرني غدًا', 'ar'],
  ['Zahnarzt', undefined],
  ['Herinner me eraan', undefined],
  ['42', undefined],
  ['', undefined],
])('%j is %s', (text, code) => {
  expect(languageOfText(text)).toBe(code)
})

test('every language fills in the same places', () => {
  const places = (text: string) => [...new Set(text.match(/\{\w+\}/g))].toSorted()
  for (const { phrases } of Object.values(languages))
    for (const [key, english] of Object.entries(languages.en.phrases))
      expect([key, places(phrases[key as keyof typeof phrases])]).toEqual([key, places(english)])
  expect(inLanguage('de', 'reasonTask', { day: 'heute' })).toBe('Aufgabe, die du gestellt hast (heute)')
})
