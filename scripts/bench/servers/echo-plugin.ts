import { startEcho } from '../../../core/testing/echo.ts'
import { tell } from './listening.ts'

/** A plugin that costs next to nothing. */
const { url } = await startEcho({ keep: 0 })
tell(Number(new URL(url).port))
