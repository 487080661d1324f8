-- An e-mail address, a French phone number (any grouping, country codes included), a social-security number (NIR).
select
    case
        -- Most texts are letters and punctuation only, and need no closer look.
        when
            texte !~ (
                '[^\u0009-\u000d -/:-?A-~\u00a0\u00ab\u00b0\u00bb\u00c0-\u017e'
                || '\u2013\u2014\u2018\u2019\u2026\u202f\u20ac]'
            )
            then false
        else
            {{ function('normaliser') }}(texte) ~ (
                '[^ @]@[^ @]+\.[a-z]{2,}'
                || '|(^|[^0-9])((\+|00) ?(33|262|508|590|594|596) ?(\(0\) ?)?|0)[1-9]([ ./-]?[0-9]{2}){4}(?![0-9])'
                || '|(^|[^0-9])[1278][ .-]?[0-9]{2}[ .-]?(0[1-9]|1[0-2]|[2-9][0-9])[ .-]?([0-9]{2}|2[ab])'
                || '[ .-]?[0-9]{3}[ .-]?[0-9]{3}([ .-]?[0-9]{2})?(?![0-9])'
            )
    end
