/* oxlint-disable max-lines -- a flat list of phrases */

/** What builtin can say. `{…}` is filled in; System and personas share it, except where said. */
export interface Phrases {
  readonly greeting: string
  readonly wellBeing: string
  readonly thanks: string
  readonly goodbye: string
  readonly goodNight: string
  readonly name: string
  /** System, about a statement. */
  readonly noted: string
  /** A persona, about a statement. */
  readonly kept: string
  readonly files: string
  readonly recalled: string
  readonly earlier: string
  readonly known: string
  readonly unknown: string
  /** When nothing can be remembered either. */
  readonly noIdea: string
  readonly forgotten: string
  readonly nothingToForget: string
  readonly cannotForget: string
  readonly reminders: string
  readonly time: string
  readonly memoryOff: string
  readonly failed: string
  /** A persona, once per chat. */
  readonly noModel: string
  /** System, once per chat. */
  readonly howTo: string
}

export type Tone = 'friendly' | 'affectionate' | 'parent' | 'child'
export type Tones = Readonly<Partial<Record<Tone, Partial<Phrases>>>>
export type LanguageCode = 'en' | 'zh' | 'ja' | 'ko' | 'es' | 'fr' | 'de' | 'pt' | 'it' | 'ru' | 'ar'

/** How a prompt may call a language (`Answer in German.`), in lower case. */
export const languageNames: readonly (readonly [LanguageCode, readonly string[]])[] = [
  ['en', ['english']],
  ['zh', ['chinese', 'mandarin', '中文']],
  ['ja', ['japanese', '日本語']],
  ['ko', ['korean', '한국어']],
  ['es', ['spanish', 'español']],
  ['fr', ['french', 'français']],
  ['de', ['german', 'deutsch']],
  ['pt', ['portuguese', 'português']],
  ['it', ['italian', 'italiano']],
  ['ru', ['russian', 'русский']],
  ['ar', ['arabic', 'العربية']],
]

export const phrases: Readonly<Record<LanguageCode, Phrases>> = {
  en: {
    greeting: 'Hello.',
    wellBeing: 'All is well here. How are you?',
    thanks: 'You are welcome.',
    goodbye: 'See you soon.',
    goodNight: 'Good night.',
    name: 'I am {name}.',
    noted: 'Noted: {text}',
    kept: "Got it, I'll remember that: “{text}”",
    files: 'It is with your files now: {files}',
    recalled: 'You told me on {date}: {memory}',
    earlier: 'You told me: {memory}',
    known: 'This is what you told me:',
    unknown: "I don't know that yet. Tell me and I'll remember it.",
    noIdea: "I don't know that.",
    forgotten: 'Forgotten: {text}',
    nothingToForget: 'I found nothing to forget that fits.',
    cannotForget: "I can't delete memories from here.",
    reminders: "I can't set reminders yet, so please don't rely on me for that.",
    time: 'It is {now}.',
    memoryOff: 'I have read: {text}\nMemory is off, so it stays in this chat only.',
    failed: 'That did not work just now.',
    noModel:
      'To be honest, no language model is connected yet, so I can only say simple things and remember what you tell me.',
    howTo:
      'No language model is connected, so I answer simply: I keep what you tell me and find it again. To connect one, start Ollama, LM Studio or llama.cpp on this machine, or set “model” in config/core.yml.',
  },
  zh: {
    greeting: '你好。',
    wellBeing: '我很好，你呢？',
    thanks: '不客气。',
    goodbye: '回头见。',
    goodNight: '晚安。',
    name: '我是{name}。',
    noted: '已记下：{text}',
    kept: '好的，我记住了：“{text}”',
    files: '已放进你的文件：{files}',
    recalled: '你在{date}告诉过我：{memory}',
    earlier: '你告诉过我：{memory}',
    known: '你告诉过我这些：',
    unknown: '这个我还不知道。告诉我，我会记住。',
    noIdea: '这个我不知道。',
    forgotten: '已忘掉：{text}',
    nothingToForget: '没有找到可以忘掉的内容。',
    cannotForget: '我在这里没法删除记忆。',
    reminders: '我还不能设置提醒，这件事请先不要依赖我。',
    time: '现在是{now}。',
    memoryOff: '已读到：{text}\n记忆功能已关闭，所以只保留在这个聊天里。',
    failed: '刚才没有成功。',
    noModel: '说实话，我还没有连接语言模型，所以只能简单地回答，并记住你告诉我的事。',
    howTo:
      '目前没有连接语言模型，所以我只能简单回答：记住你说的话，需要时再找出来。要连接一个，请在这台机器上启动 Ollama、LM Studio 或 llama.cpp，或者在 config/core.yml 里设置 “model”。',
  },
  ja: {
    greeting: 'こんにちは。',
    wellBeing: '元気です。あなたはいかがですか。',
    thanks: 'どういたしまして。',
    goodbye: 'では、また。',
    goodNight: 'おやすみなさい。',
    name: '{name}です。',
    noted: 'メモしました：{text}',
    kept: 'わかりました、覚えておきます：「{text}」',
    files: 'ファイルに入れました：{files}',
    recalled: '{date}に話してくれました：{memory}',
    earlier: '前に話してくれました：{memory}',
    known: '話してくれたこと：',
    unknown: 'まだ知りません。教えてくれたら覚えておきます。',
    noIdea: 'それはわかりません。',
    forgotten: '忘れました：{text}',
    nothingToForget: '忘れるものが見つかりませんでした。',
    cannotForget: 'ここからは記憶を消せません。',
    reminders: 'リマインダーはまだ使えません。今は頼りにしないでください。',
    time: '今は{now}です。',
    memoryOff: '読みました：{text}\n記憶がオフなので、このチャットにだけ残ります。',
    failed: '今はうまくいきませんでした。',
    noModel:
      '正直に言うと、まだ言語モデルにつながっていないので、簡単な返事をして、聞いたことを覚えることしかできません。',
    howTo:
      '言語モデルにつながっていないので、簡単にしか答えられません。話してくれたことを覚えて、探し出します。つなぐには、このマシンで Ollama、LM Studio、llama.cpp のどれかを起動するか、config/core.yml の “model” を設定してください。',
  },
  ko: {
    greeting: '안녕하세요.',
    wellBeing: '저는 잘 지내요. 어떻게 지내세요?',
    thanks: '천만에요.',
    goodbye: '또 봐요.',
    goodNight: '안녕히 주무세요.',
    name: '제 이름은 {name}입니다.',
    noted: '적어 두었어요: {text}',
    kept: '알겠어요, 기억할게요: “{text}”',
    files: '파일에 넣어 두었어요: {files}',
    recalled: '{date}에 말해 주셨어요: {memory}',
    earlier: '전에 말해 주셨어요: {memory}',
    known: '말해 주신 내용이에요:',
    unknown: '아직 몰라요. 알려 주시면 기억할게요.',
    noIdea: '그건 몰라요.',
    forgotten: '잊었어요: {text}',
    nothingToForget: '잊을 만한 내용을 찾지 못했어요.',
    cannotForget: '여기서는 기억을 지울 수 없어요.',
    reminders: '아직 알림을 설정할 수 없으니, 그 일은 저에게 맡기지 마세요.',
    time: '지금은 {now}입니다.',
    memoryOff: '읽었어요: {text}\n기억이 꺼져 있어서 이 대화에만 남아요.',
    failed: '방금은 잘 되지 않았어요.',
    noModel:
      '솔직히 말하면 아직 언어 모델이 연결되어 있지 않아서, 간단히 대답하고 말해 주신 것을 기억하는 것만 할 수 있어요.',
    howTo:
      '언어 모델이 연결되어 있지 않아서 간단히만 대답해요. 말해 주신 것을 기억하고 다시 찾아 드려요. 연결하려면 이 컴퓨터에서 Ollama, LM Studio, llama.cpp 중 하나를 실행하거나 config/core.yml에서 “model”을 설정하세요.',
  },
  es: {
    greeting: 'Hola.',
    wellBeing: 'Por aquí todo bien. ¿Y tú?',
    thanks: 'De nada.',
    goodbye: 'Hasta pronto.',
    goodNight: 'Buenas noches.',
    name: 'Soy {name}.',
    noted: 'Anotado: {text}',
    kept: 'Entendido, lo recordaré: «{text}»',
    files: 'Ya está con tus archivos: {files}',
    recalled: 'Me lo dijiste el {date}: {memory}',
    earlier: 'Me dijiste: {memory}',
    known: 'Esto es lo que me has contado:',
    unknown: 'Todavía no lo sé. Cuéntamelo y lo recordaré.',
    noIdea: 'No lo sé.',
    forgotten: 'Olvidado: {text}',
    nothingToForget: 'No he encontrado nada que olvidar.',
    cannotForget: 'Desde aquí no puedo borrar recuerdos.',
    reminders: 'Todavía no puedo poner recordatorios, así que no cuentes conmigo para eso.',
    time: 'Ahora es {now}.',
    memoryOff: 'He leído: {text}\nLa memoria está desactivada, así que solo queda en este chat.',
    failed: 'Ahora no ha funcionado.',
    noModel:
      'A decir verdad, todavía no hay ningún modelo de lenguaje conectado, así que solo puedo decir cosas sencillas y recordar lo que me cuentes.',
    howTo:
      'No hay ningún modelo de lenguaje conectado, así que respondo de forma sencilla: guardo lo que me cuentas y lo vuelvo a encontrar. Para conectar uno, inicia Ollama, LM Studio o llama.cpp en este equipo, o configura «model» en config/core.yml.',
  },
  fr: {
    greeting: 'Bonjour.',
    wellBeing: 'Tout va bien ici. Et toi ?',
    thanks: 'Avec plaisir.',
    goodbye: 'À bientôt.',
    goodNight: 'Bonne nuit.',
    name: 'Je suis {name}.',
    noted: 'Noté : {text}',
    kept: 'Compris, je m’en souviendrai : « {text} »',
    files: 'C’est avec tes fichiers maintenant : {files}',
    recalled: 'Tu me l’as dit le {date} : {memory}',
    earlier: 'Tu m’as dit : {memory}',
    known: 'Voici ce que tu m’as dit :',
    unknown: 'Je ne le sais pas encore. Dis-le-moi et je m’en souviendrai.',
    noIdea: 'Je ne le sais pas.',
    forgotten: 'Oublié : {text}',
    nothingToForget: 'Je n’ai rien trouvé à oublier.',
    cannotForget: 'Je ne peux pas effacer de souvenirs d’ici.',
    reminders: 'Je ne peux pas encore créer de rappels, alors ne compte pas sur moi pour cela.',
    time: 'Nous sommes le {now}.',
    memoryOff:
      'J’ai lu : {text}\nLa mémoire est désactivée, cela reste donc seulement dans cette conversation.',
    failed: 'Cela n’a pas marché cette fois.',
    noModel:
      'Pour être honnête, aucun modèle de langage n’est encore connecté : je ne peux que répondre simplement et retenir ce que tu me dis.',
    howTo:
      'Aucun modèle de langage n’est connecté, je réponds donc simplement : je garde ce que tu me dis et je le retrouve. Pour en connecter un, lance Ollama, LM Studio ou llama.cpp sur cette machine, ou règle « model » dans config/core.yml.',
  },
  de: {
    greeting: 'Hallo.',
    wellBeing: 'Hier ist alles gut. Und bei dir?',
    thanks: 'Gern geschehen.',
    goodbye: 'Bis bald.',
    goodNight: 'Gute Nacht.',
    name: 'Ich bin {name}.',
    noted: 'Notiert: {text}',
    kept: 'Verstanden, das merke ich mir: „{text}“',
    files: 'Es liegt jetzt bei deinen Dateien: {files}',
    recalled: 'Das hast du mir am {date} erzählt: {memory}',
    earlier: 'Du hast mir erzählt: {memory}',
    known: 'Das hast du mir erzählt:',
    unknown: 'Das weiß ich noch nicht. Sag es mir, dann merke ich es mir.',
    noIdea: 'Das weiß ich nicht.',
    forgotten: 'Vergessen: {text}',
    nothingToForget: 'Ich habe nichts Passendes zum Vergessen gefunden.',
    cannotForget: 'Von hier aus kann ich keine Erinnerungen löschen.',
    reminders: 'Erinnern kann ich dich noch nicht, verlass dich dafür bitte nicht auf mich.',
    time: 'Es ist {now}.',
    memoryOff: 'Gelesen: {text}\nDas Gedächtnis ist aus, es bleibt also nur in diesem Chat.',
    failed: 'Das hat gerade nicht geklappt.',
    noModel:
      'Ehrlich gesagt ist noch kein Sprachmodell verbunden, deshalb kann ich nur einfach antworten und mir merken, was du mir erzählst.',
    howTo:
      'Es ist kein Sprachmodell verbunden, deshalb antworte ich einfach: Ich behalte, was du mir erzählst, und finde es wieder. Um eines zu verbinden, starte Ollama, LM Studio oder llama.cpp auf diesem Rechner oder trage „model“ in config/core.yml ein.',
  },
  pt: {
    greeting: 'Olá.',
    wellBeing: 'Está tudo bem por aqui. E você?',
    thanks: 'De nada.',
    goodbye: 'Até logo.',
    goodNight: 'Boa noite.',
    name: 'Eu sou {name}.',
    noted: 'Anotado: {text}',
    kept: 'Entendi, vou lembrar: “{text}”',
    files: 'Já está com os seus arquivos: {files}',
    recalled: 'Você me contou em {date}: {memory}',
    earlier: 'Você me contou: {memory}',
    known: 'Isto é o que você me contou:',
    unknown: 'Ainda não sei. Conte-me e eu vou lembrar.',
    noIdea: 'Não sei.',
    forgotten: 'Esquecido: {text}',
    nothingToForget: 'Não encontrei nada para esquecer.',
    cannotForget: 'Daqui não consigo apagar lembranças.',
    reminders: 'Ainda não consigo criar lembretes, então não conte comigo para isso.',
    time: 'Agora é {now}.',
    memoryOff: 'Li: {text}\nA memória está desligada, então fica só nesta conversa.',
    failed: 'Não deu certo agora.',
    noModel:
      'Na verdade, ainda não há nenhum modelo de linguagem conectado, então só consigo responder de forma simples e lembrar o que você me conta.',
    howTo:
      'Nenhum modelo de linguagem está conectado, então respondo de forma simples: guardo o que você me conta e encontro de novo. Para conectar um, inicie Ollama, LM Studio ou llama.cpp nesta máquina, ou defina “model” em config/core.yml.',
  },
  it: {
    greeting: 'Ciao.',
    wellBeing: 'Qui tutto bene. E tu?',
    thanks: 'Prego.',
    goodbye: 'A presto.',
    goodNight: 'Buona notte.',
    name: 'Sono {name}.',
    noted: 'Annotato: {text}',
    kept: 'Va bene, me lo ricorderò: «{text}»',
    files: 'Ora è tra i tuoi file: {files}',
    recalled: 'Me l’hai detto il {date}: {memory}',
    earlier: 'Mi hai detto: {memory}',
    known: 'Ecco cosa mi hai detto:',
    unknown: 'Non lo so ancora. Dimmelo e me lo ricorderò.',
    noIdea: 'Non lo so.',
    forgotten: 'Dimenticato: {text}',
    nothingToForget: 'Non ho trovato nulla da dimenticare.',
    cannotForget: 'Da qui non posso cancellare i ricordi.',
    reminders: 'Non posso ancora impostare promemoria, quindi non contare su di me per questo.',
    time: 'Adesso è {now}.',
    memoryOff: 'Ho letto: {text}\nLa memoria è spenta, quindi resta solo in questa chat.',
    failed: 'Adesso non ha funzionato.',
    noModel:
      'A dire il vero, non è ancora collegato nessun modello linguistico, quindi posso solo rispondere in modo semplice e ricordare quello che mi dici.',
    howTo:
      'Nessun modello linguistico è collegato, quindi rispondo in modo semplice: conservo quello che mi dici e lo ritrovo. Per collegarne uno, avvia Ollama, LM Studio o llama.cpp su questo computer, oppure imposta «model» in config/core.yml.',
  },
  ru: {
    greeting: 'Привет.',
    wellBeing: 'У меня всё хорошо. А у тебя?',
    thanks: 'Пожалуйста.',
    goodbye: 'До скорого.',
    goodNight: 'Спокойной ночи.',
    name: 'Меня зовут {name}.',
    noted: 'Записано: {text}',
    kept: 'Хорошо, я запомню: «{text}»',
    files: 'Теперь это среди твоих файлов: {files}',
    recalled: 'Твои слова от {date}: {memory}',
    earlier: 'Твои слова: {memory}',
    known: 'Вот что я знаю с твоих слов:',
    unknown: 'Я этого пока не знаю. Расскажи, и я запомню.',
    noIdea: 'Этого я не знаю.',
    forgotten: 'Забыто: {text}',
    nothingToForget: 'Не нашлось ничего подходящего, что можно забыть.',
    cannotForget: 'Отсюда я не могу удалять воспоминания.',
    reminders: 'Напоминания пока не работают, так что не рассчитывай на меня в этом.',
    time: 'Сейчас {now}.',
    memoryOff: 'Прочитано: {text}\nПамять выключена, поэтому это останется только в этом чате.',
    failed: 'Сейчас не получилось.',
    noModel:
      'Честно говоря, языковая модель ещё не подключена, поэтому я могу только просто отвечать и запоминать то, что ты рассказываешь.',
    howTo:
      'Языковая модель не подключена, поэтому я отвечаю просто: храню то, что ты рассказываешь, и нахожу это снова. Чтобы подключить модель, запусти Ollama, LM Studio или llama.cpp на этом компьютере или укажи «model» в config/core.yml.',
  },
  ar: {
    greeting: 'مرحبًا.',
    wellBeing: 'كل شيء بخير هنا. وأنت؟',
    thanks: 'على الرحب والسعة.',
    goodbye: 'إلى اللقاء.',
    goodNight: 'ليلة سعيدة.',
    name: 'أنا {name}.',
    noted: 'تم التدوين: {text}',
    kept: 'حسنًا، سأتذكر ذلك: «{text}»',
    files: 'هو الآن مع ملفاتك: {files}',
    recalled: 'أخبرتني في {date}: {memory}',
    earlier: 'أخبرتني: {memory}',
    known: 'هذا ما أخبرتني به:',
    unknown: 'لا أعرف ذلك بعد. أخبرني وسأتذكره.',
    noIdea: 'لا أعرف ذلك.',
    forgotten: 'تم نسيان: {text}',
    nothingToForget: 'لم أجد شيئًا مناسبًا لأنساه.',
    cannotForget: 'لا أستطيع حذف الذكريات من هنا.',
    reminders: 'لا أستطيع ضبط التذكيرات بعد، فلا تعتمد عليّ في ذلك.',
    time: 'الآن {now}.',
    memoryOff: 'قرأت: {text}\nالذاكرة متوقفة، لذلك يبقى هذا في هذه المحادثة فقط.',
    failed: 'لم ينجح ذلك الآن.',
    noModel: 'بصراحة، لا يوجد نموذج لغوي متصل بعد، لذلك أستطيع فقط أن أرد ببساطة وأتذكر ما تخبرني به.',
    howTo:
      'لا يوجد نموذج لغوي متصل، لذلك أجيب ببساطة: أحفظ ما تخبرني به وأجده من جديد. لربط نموذج، شغّل Ollama أو LM Studio أو llama.cpp على هذا الجهاز، أو اضبط «model» في config/core.yml.',
  },
}

/** Where a character says it otherwise. `friendly` is how the phrases above sound. */
export const tones: Readonly<Record<LanguageCode, Tones>> = {
  en: {
    affectionate: {
      greeting: 'Hello, dear. It is good to hear from you.',
      wellBeing: 'I am well, now that you are here. How are you?',
      thanks: 'Always, dear.',
      goodbye: 'Take care, dear.',
      goodNight: 'Good night, dear. Sleep well.',
      kept: 'I will keep that close, dear: “{text}”',
      unknown: "I don't know that yet, dear. Tell me and I'll remember it.",
    },
    parent: {
      greeting: 'Hello, my dear. I am glad you write.',
      thanks: 'Of course, my dear.',
      goodbye: 'Take good care of yourself.',
      goodNight: 'Good night, my dear. Sleep tight.',
      kept: "Thank you for telling me, my dear. I'll remember: “{text}”",
    },
    child: {
      greeting: 'Hi. What are we doing today?',
      thanks: 'No problem.',
      goodbye: 'Bye, come back soon.',
      goodNight: 'Good night. See you tomorrow.',
      kept: "Okay, I'll remember: “{text}”",
    },
  },
  zh: {
    affectionate: {
      greeting: '你好，亲爱的。',
      goodNight: '晚安，亲爱的，好梦。',
      kept: '我会放在心上，亲爱的：“{text}”',
    },
  },
  ja: {
    affectionate: {
      greeting: '話せてうれしいよ。',
      goodNight: 'おやすみ、いい夢を。',
      kept: '大切に覚えておくね：「{text}」',
    },
  },
  ko: {
    affectionate: {
      greeting: '안녕, 보고 싶었어.',
      goodNight: '잘 자, 좋은 꿈 꿔.',
      kept: '소중히 기억할게: “{text}”',
    },
  },
  es: {
    affectionate: {
      greeting: 'Hola, cariño.',
      goodNight: 'Buenas noches, cariño. Que descanses.',
      kept: 'Lo guardo con cariño: «{text}»',
    },
  },
  fr: {
    affectionate: {
      greeting: 'Bonjour, mon cœur.',
      goodNight: 'Bonne nuit, mon cœur. Dors bien.',
      kept: 'Je le garde précieusement : « {text} »',
    },
  },
  de: {
    affectionate: {
      greeting: 'Hallo, mein Schatz.',
      goodNight: 'Gute Nacht, mein Schatz. Schlaf gut.',
      kept: 'Das behalte ich gern, mein Schatz: „{text}“',
    },
  },
  pt: {
    affectionate: {
      greeting: 'Olá, meu bem.',
      goodNight: 'Boa noite, meu bem. Durma bem.',
      kept: 'Vou guardar com carinho: “{text}”',
    },
  },
  it: {
    affectionate: {
      greeting: 'Ciao, tesoro.',
      goodNight: 'Buona notte, tesoro. Dormi bene.',
      kept: 'Lo tengo a cuore, tesoro: «{text}»',
    },
  },
  ru: {
    affectionate: {
      greeting: 'Привет, солнышко.',
      goodNight: 'Спокойной ночи, солнышко. Сладких снов.',
      kept: 'Сохраню это в сердце: «{text}»',
    },
  },
  ar: {
    affectionate: {
      greeting: 'مرحبًا، اشتقت إليك.',
      goodNight: 'ليلة سعيدة وأحلام جميلة.',
      kept: 'سأحفظ ذلك في قلبي: «{text}»',
    },
  },
}
