"""Failed sign-ins in sentences of other languages than English: what they are about, and that it failed. Pure."""

from __future__ import annotations

import re

# By language: beginnings of words of which each such sentence has one, in small letters; words for a sign-in, a
# password or credentials; words for a failure.
_LANGUAGES: tuple[tuple[str, str, str], ...] = (
    # German
    (
        "anmeld einlogg login passwort kennwort zugangsdaten",
        r"anmeldung|anmeldeversuch|anmelden|login|passwort|kennwort|zugangsdaten|anmeldedaten|einloggen",
        r"fehlgeschlagen|abgelehnt|ung(?:ü|ue)ltige?\w?|falsch(?:e[nrs]?)?|nicht korrekt|verweigert|gescheitert",
    ),
    # French
    (
        "connexion authentif passe identif",
        r"connexion|authentification|mot de passe|identifiants?|identification",
        r"échec|échoué|échouée|incorrecte?s?|invalides?|erronée?s?|refusée?|mauvais",
    ),
    # Spanish
    (
        "sesión autentic contraseña credencial acceso",
        r"inicio de sesión|iniciar sesión|autenticación|contraseña|credenciales|acceso",
        r"fallid[oa]|falló|incorrect[oa]s?|inválid[oa]s?|rechazad[oa]s?|errónea|denegado|error(?= de)",
    ),
    # Portuguese
    (
        "login autentica senha palavra credenciais sessão acesso",
        r"login|autenticação|senha|palavra-passe|credenciais|iniciar sessão|acesso",
        r"falha|falhou|incorret[oa]s?|inválid[oa]s?|errad[oa]s?|recusad[oa]|negado|erro(?= de)",
    ),
    # Italian
    (
        "accesso autenticaz password credenzial login",
        r"accesso|autenticazione|password|credenziali|login",
        r"fallit[oa]|errat[aoie]|non valid[aoie]|rifiutat[oa]|non corrett[aoie]|negato",
    ),
    # Dutch
    (
        "inlog aanmeld wachtwoord",
        r"inloggen|aanmelden|inlogpoging|wachtwoord|inloggegevens",
        r"mislukt|onjuiste?|ongeldige?|fout|geweigerd",
    ),
    # Polish
    (
        "logowan hasł uwierzyt",
        r"logowani[ea]|hasł[oa]|dane logowania|uwierzytelni\w+",
        r"nieudan[ea]|nieprawidłow[eya]|błędn[eya]|odrzucon\w+",
    ),
    # Swedish, Danish, Norwegian
    (
        "inlogg lösenord adgangskod innlogg passord",
        r"inloggning(?:en|sförsök)?|lösenord(?:et)?|adgangskode\w?|innlogging(?:en)?|passord(?:et)?",
        r"misslyckad\w?s?|misslyckades|felaktigt?|fel|forkert|mislykk\w+|ugyldig",
    ),
    # Turkish
    (
        "giriş şifre parola oturum",
        r"giriş|şifre|parola|oturum aç\w+",
        r"başarısız|hatalı|yanlış|geçersiz|reddedildi",
    ),
    # Russian, Ukrainian
    (
        "парол вход авториза аутентиф логин вхід",
        r"парол\w+|вход\w?|авторизаци\w+|аутентификаци\w+|логин\w?|вхід",
        r"неверн\w+|неправильн\w+|неудачн\w+|не удал\w+|ошибк\w+|отклон\w+|невірн\w+|невдал\w+",
    ),
    # Czech and Slovak, Hungarian, Finnish, Romanian, Greek
    (
        "přihl prihl hesl jelsz bejelentkez kirjautumi salasan autentific parol σύνδεσ κωδικ",
        r"přihlášení|přihlašovací údaje|prihlásenie|prihlasovacie údaje|hesl[oa]|jelszó|bejelentkezés"
        r"|kirjautuminen|salasana|autentificare\w?|parol[aă]|σύνδεσης?|κωδικός",
        r"neplatn[éáýíe]+|nesprávn[éáýe]|chybn[éáýe]|selhalo|zlyhalo|hibás|sikertelen|érvénytelen|epäonnistui"
        r"|virheellinen|väärä|eșuată?|greșită?|incorectă?|αποτυχία|λάθος|απέτυχε",
    ),
    # Vietnamese, Indonesian and Malay
    (
        "nhập khẩu sandi login masuk",
        r"đăng nhập|mật khẩu|kata sandi|login|log masuk",
        r"thất bại|không đúng|sai|gagal|salah|tidak (?:valid|sah)",
    ),
    # Arabic, Hebrew, Hindi
    (
        "تسجيل الدخول كلمة התחבר סיסמ लॉगिन पासवर्ड",
        r"تسجيل الدخول|كلمة (?:المرور|السر)|התחברות|ההתחברות|סיסמה|הסיסמה|लॉगिन|पासवर्ड",
        r"فشل|غير صحيحة|خاطئة|נכשלה|שגויה|אינה נכונה|विफल|गलत|अमान्य",
    ),
    # Chinese
    (
        "登录 登入 登陆 登錄 密码 密碼 认证 認證 验证 驗證",
        r"登录|登入|登陆|登錄|密码|密碼|认证|認證|验证|驗證",
        r"失败|失敗|错误|錯誤|无效|無效|不正确|不正確|拒绝|拒絕",
    ),
    # Japanese
    (
        "ログイン サインイン 認証 パスワード",
        r"ログイン|サインイン|認証|パスワード",
        r"失敗|エラー|無効|正しくありません|間違|拒否",
    ),
    # Korean
    ("로그인 인증 비밀번호 암호", r"로그인|인증|비밀번호|암호", r"실패|오류|잘못|틀렸|올바르지|거부"),
)
_GAP = r".{0,60}?"


def _either(about: str, bad: str) -> re.Pattern[str]:
    # Words of languages that are written without spaces stand within others.
    start, end = ("", "") if about[0] > "\u2fff" else (r"\b", r"\b")
    subject, failed = f"{start}(?:{about}){end}", f"{start}(?:{bad}){end}"
    return re.compile(f"{subject}{_GAP}{failed}|{failed}{_GAP}{subject}")


_SENTENCES = tuple((tuple(stems.split()), _either(about, bad)) for stems, about, bad in _LANGUAGES)

# Those that an ASCII text may be of, with the beginnings that it may have.
_OF_ASCII = tuple(
    (found, pattern) for stems, pattern in _SENTENCES if (found := tuple(stem for stem in stems if stem.isascii()))
)


def is_failed(text: str) -> bool:
    """Whether a sentence tells that somebody could not sign in."""
    lowered = text.lower()
    for stems, pattern in _OF_ASCII if text.isascii() else _SENTENCES:
        for stem in stems:  # faster than a generator or a pattern of all of them
            if stem in lowered:
                if pattern.search(lowered):
                    return True
                break
    return False
