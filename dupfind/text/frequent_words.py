"""The most frequent words of languages other than English, which say nothing about a subject (pure)."""

from dupfind.text.language import FOREIGN_WORDS

_ARABIC = """
في من على إلى عن أن إن لا ما لم لن هذا هذه ذلك كل قد هو هي عند بعد قبل إذا ثم أو مع غير بدون لكن ولكن حتى التي الذي كان
كانت يكون تكون يتم تم فقط منذ لا يمكن
"""
_GREEK = """
που και το τα τον την της του των τις στο στη στην στον στα στις στους σε με για από δεν θα να ότι αν όταν μετά πριν ή
ως ένα μια μία ένας οι αλλά είναι έχει όλα όλη όλες όλοι πολύ πάλι ξανά αντί μου
"""
_HEBREW = """
את של על עם לא זה זו אני הוא היא אם או גם אבל רק כל מה יש אין אחרי לפני כאשר כי אל מן
"""
_HINDI = """
में से को का की के है हैं हो था थी थे और पर ने भी नहीं तो ही यह वह जो कि या अगर तब जब एक बाद लिए कर करने किया जाता जाती होता
होती मैं
"""
_PERSIAN = """
از به در با که را این آن است هر برای تا یا اگر ولی اما بر هم نیست می نمی شود شده باید وقتی بعد روی یک بود
"""
_POLISH = """
aby już dla bardzo bez tylko też lub nad przez jeśli choć
"""
_SLAVIC = """
и в с у к о з і й не на что как то все она он я со так его но да ты вы за бы по только ее мне было вот от меня еще
нет об из ему при для или если после когда чтобы это этот эта эти без до над под про через есть быть уже же даже
очень можно нельзя где там тут та що як але або якщо після коли щоб це цей ця ці бути вже навіть дуже можна із зі
від мене вона воно він його її лише тільки поки треба се ли със
"""
_TURKISH = """
bu ile ama veya eğer sonra önce gibi kadar değil çok her ne ki mi mı olarak oluyor olan var yok
"""
_VIETNAMESE = """
và là của có không khi thì bị được cho với các những một này đã đang sẽ mà nếu sau từ trong ra vào lại để hoặc chỉ
"""
# A single letter with an accent may be meant itself: "ü or é in a name".
FREQUENT_WORDS = FOREIGN_WORDS.difference("àèé").union(
    *(
        words.split()
        for words in (_ARABIC, _GREEK, _HEBREW, _HINDI, _PERSIAN, _POLISH, _SLAVIC, _TURKISH, _VIETNAMESE)
    )
)
"""As they are written; their parts are in many other words."""
