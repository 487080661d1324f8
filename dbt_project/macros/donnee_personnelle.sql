{#
    Whether a text holds an e-mail address, a French phone number (any grouping, country codes included) or a
    social-security number (NIR): what the function `contient_donnee_personnelle` computes. Views that readers ask may
    not call that function, which looks for another by its name in a schema that readers cannot enter.
#}
{% macro est_personnel(texte) -%}
    case
        -- Most texts are letters and punctuation only, and need no closer look.
        when
            {{ texte }} !~ (
                '[^\u0009-\u000d -/:-?A-~\u00a0\u00ab\u00b0\u00bb\u00c0-\u017e'
                || '\u2013\u2014\u2018\u2019\u2026\u202f\u20ac]'
            )
            then false
        else
            {{ function('normaliser') }}({{ texte }}) ~ (
                '[^ @]@[^ @]+\.[a-z]{2,}'
                || '|(^|[^0-9])((\+|00) ?(33|262|508|590|594|596) ?(\(0\) ?)?|0)[1-9]([ ./-]?[0-9]{2}){4}(?![0-9])'
                || '|(^|[^0-9])[1278][ .-]?[0-9]{2}[ .-]?(0[1-9]|1[0-2]|[2-9][0-9])[ .-]?([0-9]{2}|2[ab])'
                || '[ .-]?[0-9]{3}[ .-]?[0-9]{3}([ .-]?[0-9]{2})?(?![0-9])'
            )
    end
{%- endmacro %}

{# A text, or what stands for it where it holds personal data; the checks write the same (`quality.staged.MASKED`). #}
{% macro masque(texte) -%}
    case when {{ est_personnel(texte) }} then '(texte masqué)' else {{ texte }} end
{%- endmacro %}
