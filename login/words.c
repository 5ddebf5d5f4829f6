/* SPDX-License-Identifier: MIT */
#include "login/words.h"

#include <stdio.h>
#include <string.h>

const char *words_text(enum words words)
{
    static const char *const texts[WORDS_END] = {
        [WORDS_NONE] = "",
        [WORDS_ASK_PASSWORD] = "Password: ",
        [WORDS_ASK_PASSWORD_OR_CODE] = "Password, or Enter for a code: ",
        [WORDS_ASK_CODE_DONE] = "Press Enter when you have signed in there, or q to stop: ",
        [WORDS_BAD] = "Sign-in failed. Check the user name and password.",
        [WORDS_OFFLINE_BAD] = "The sign-in service cannot be reached. Only people who have signed "
                              "in here before can sign in now, with the password they used then.",
        [WORDS_WINDOW_ENDED] = "The sign-in service cannot be reached, and your last sign-in "
                               "with it is too long ago. Sign in again when it is back.",
        [WORDS_CLOCK] = "The sign-in service cannot be reached, and the clock of this host was "
                        "set back. Tell your administrator.",
        [WORDS_OFFLINE_PERSON] =
            "The sign-in service cannot be reached, and you have not been given "
            "access to this host without it. Sign in again when it is back.",
        [WORDS_OFFLINE_SERVICE] =
            "The sign-in service cannot be reached, and without it nobody can "
            "sign in here in this way. Sign in again when it is back.",
        [WORDS_CHANGED] = "This password is no longer valid. Sign in with your new password.",
        [WORDS_DISABLED] = "This account is disabled.",
        [WORDS_REVOKED] = "Your saved sign-in is no longer valid. Sign in again.",
        [WORDS_POLICY] = "Your organisation's access policy does not allow this sign-in.",
        [WORDS_EXPIRED] = "Your password has expired. Change it in a browser, then sign in again.",
        [WORDS_MORE] = "This login cannot do the extra verification that your organisation "
                       "requires.",
        [WORDS_SETUP] = "Sign-in is not set up correctly on this host. Tell your administrator.",
        [WORDS_NOT_ALLOWED] = "You have not been given access to sign in to this host.",
        [WORDS_LOCKED] = "This account is temporarily locked, or sign-ins from this network are "
                         "blocked. Wait a while before you try again.",
        [WORDS_RISK] = "Sign-in was stopped for security reasons. Tell your administrator.",
        [WORDS_DEVICE] = "Your organisation only allows managed devices to sign in this way.",
        [WORDS_GUEST] = "Accounts from outside this organisation cannot sign in here.",
        [WORDS_HOURS] = "Sign-in is not allowed at this time.",
        [WORDS_REGISTER] = "Your organisation wants you to register security information first. "
                           "Do that in a browser, then sign in again.",
        [WORDS_DECLINED] = "The sign-in request was declined or not completed.",
        [WORDS_CODE] = "The code was not accepted. Start again.",
        [WORDS_CODE_LATE] = "The code ran out before it was used. Start again.",
        [WORDS_CODE_NOT_YET] = "You have not signed in there yet, or the sign-in service does not "
                               "know of it yet.",
        [WORDS_STOPPED] = "Sign-in stopped.",
        [WORDS_NO_ECHO] = "A further step is needed that this program cannot show. For ssh the "
                          "administrator enables it with \"KbdInteractiveAuthentication yes\" in "
                          "sshd_config.",
        [WORDS_OTHER_PERSON] = "Somebody else signed in there than this sign-in is for.",
        [WORDS_TIME] = "The clock of this host is wrong, so sign-ins cannot be checked. Tell your "
                       "administrator.",
        [WORDS_TRIES] = "Too many attempts. Wait a few minutes, then try again.",
        [WORDS_ELSEWHERE] = "This name cannot be used for your account on this host. Tell your "
                            "administrator.",
        [WORDS_BROKEN] = "This host cannot check sign-ins at the moment. Tell your administrator.",
        [WORDS_ASK_CURRENT] = "Current passphrase: ",
        [WORDS_ASK_NEW] = "New passphrase for this host: ",
        [WORDS_ASK_AGAIN] = "The same once more: ",
        [WORDS_CHOOSE] = "Choose a passphrase for this host. You sign in here with it from now on, "
                         "also when the sign-in service cannot be reached.",
        [WORDS_CHOSEN] = "Your passphrase for this host is set.",
        [WORDS_NOT_CHOSEN] = "No new passphrase was chosen.",
        [WORDS_UNLIKE] = "The two are not the same.",
        [WORDS_TYPED_BEFORE] = "That is what you have just typed. Choose something else.",
        [WORDS_UNFIT] = "A passphrase has at most 255 characters, and no control characters.",
        [WORDS_NO_RULES] = "The rules for passphrases cannot be read on this host. Tell your "
                           "administrator.",
        [WORDS_NOT_KEPT] = "This host cannot store a passphrase at the moment. Try again later.",
        [WORDS_NO_PASSPHRASE] =
            "You have no passphrase on this host. Sign in with a code to choose "
            "one.",
        [WORDS_NOT_SEEN] = "Nobody has signed in here by this name yet.",
        [WORDS_NOT_CHANGED_HERE] = "This password is changed at your organisation's sign-in page, "
                                   "not here.",
        [WORDS_NO_HELPER] = "No sign-in can be started on this machine at the moment. Try again "
                            "later.",
        [WORDS_LATE] = "The login helper of this machine did not answer in time. Try again.",
        [WORDS_OUT_OF_ORDER] = "Sign-in is out of order on this machine; its log says why.",
        [WORDS_ONCE_MORE] = "You are known on this machine from now on. Sign in once more.",
        [WORDS_HOME] = "Your home folder on this host belongs to somebody else. Tell your "
                       "administrator.",
        [WORDS_NO_NAMES] = "Names cannot be looked up on this machine at the moment. Try again "
                           "later.",
    };

    return words > WORDS_NONE && words < WORDS_END && texts[words] ? texts[words] : "";
}

void words_right_spelling(const char *name, char *out, size_t size)
{
    snprintf(out, size,
             strchr(name, '@') ? "Names are written in small letters here: %s"
                               : "Names are short here, in small letters: %s",
             name);
}

void words_change_there(const char *url, char *out, size_t size)
{
    if (*url)
        snprintf(out, size, "This password is not changed here, but at %s", url);
    else
        snprintf(out, size, "%s", words_text(WORDS_NOT_CHANGED_HERE));
}

void words_offline_until(const char *date, bool soon, char *out, size_t size)
{
    snprintf(out, size,
             soon ? "The sign-in service cannot be reached. You are signed in with what this host "
                    "remembers. Offline sign-in ends on %s: connect this machine and sign in again "
                    "before then."
                  : "The sign-in service cannot be reached. You are signed in with what this host "
                    "remembers; that works until %s.",
             date);
}
