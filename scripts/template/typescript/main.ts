import { runPlugin } from '#plugin-sdk'
import { plugin } from './plugin.ts'

await runPlugin(process.env, { port: 3199 }, plugin)
