/** Preloaded into a Core: its clock shows the real time and as many ms more as the file CLOCK_SHIFT says, also when that changes. */
import { readFileSync } from 'node:fs'

const file = process.env['CLOCK_SHIFT'] ?? ''
const read = (): number => Number(readFileSync(file, 'utf8'))
const RealDate = Date
let shift = read()
setInterval(() => (shift = read()), 50).unref()

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: [], made) =>
    Reflect.construct(target, given.length === 0 ? [RealDate.now() + shift] : given, made) as Date,
  get: (target, name) => (name === 'now' ? () => RealDate.now() + shift : Reflect.get(target, name)),
})
