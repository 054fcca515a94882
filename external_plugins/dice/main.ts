import { runPlugin } from '#plugin-sdk'
import { dice } from './dice.ts'

await runPlugin(process.env, { port: 3121 }, dice)
