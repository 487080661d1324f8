{#
    Places of measures in the vectors that receipts and territories bring to sums (`int_vecteurs`, `int_apports`,
    `int_sommes`): many sums in one row, so that all that is known of a scope at a moment is one row looked up. The
    things measured (axes, series, answers, kinds of partner) are numbered; each has the same measures, in these orders.
    Series of beneficiaries are many: their vector holds each measure of all of them in turn (macro `terme_serie`).
#}
{% macro mesures(famille) %}
    {{ return({
        'axes': [
            'retours', 'actions', 'occurrences', 'retours_occurrences', 'nb_occurrences', 'participants',
            'retours_participants', 'nb_participants', 'actions_frein', 'nb_freins', 'cout_cite', 'retours_couts', 'nb_couts'
        ],
        'partenaires': [
            'associes', 'reponses_associe', 'cofinanceurs', 'notes', 'satisfaits', 'total_notes',
            'communs', 'total_avant', 'total_apres', 'satisfaits_avant', 'satisfaits_apres'
        ]
    }[famille]) }}
{% endmacro %}

{# Place of a measure of the thing of that number. #}
{% macro place(famille, numero, mesure) -%}
    (({{ numero }} - 1) * {{ mesures(famille) | length }} + {{ mesures(famille).index(mesure) + 1 }})::integer
{%- endmacro %}

{# A measure of the thing of that number, out of a vector. #}
{% macro terme(vecteur, famille, numero, mesure) -%}
    {{ vecteur }}[{{ place(famille, numero, mesure) }}]
{%- endmacro %}

{% macro somme_partenaire(mesure) -%}
    {{ terme('bilans.partenaires', 'partenaires', 'listes.numero', mesure) }}
{%- endmacro %}

{#
    Sums of an axis, of the quarter and since the first one (the second half of the vector). What no return gave a term of
    is not 0: it is not known.
#}
{% macro somme_connue(mesure, temoin) -%}
    {%- set depuis_le_debut = ' + cardinality(bilans.axes) / 2' -%}
    {%- set rangs = {'m': place('axes', 'listes.numero', mesure), 't': place('axes', 'listes.numero', temoin)} -%}
    case when bilans.axes[{{ rangs.t }}] > 0 then bilans.axes[{{ rangs.m }}] end,
            case
                when bilans.axes[{{ rangs.t }}{{ depuis_le_debut }}] > 0
                    then bilans.axes[{{ rangs.m }}{{ depuis_le_debut }}]
            end
{%- endmacro %}

{# A measure of the series of that number: the vector holds each measure of all series in turn. #}
{% macro terme_serie(vecteur, numero, mesure) -%}
    {%- set noms = ['flux', 'nb_flux', 'cumul', 'nb_cumuls', 'reportes', 'pluri_trimestres', 'incomplets'] -%}
    {{ vecteur }}[cardinality({{ vecteur }}) / {{ noms | length }} * {{ noms.index(mesure) }} + {{ numero }}]
{%- endmacro %}
