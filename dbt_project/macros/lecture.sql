{#
    The one spelling of a list that a text means, or no row. `lu` holds the list, the normalised text (cle) and its words
    (mots). An exact spelling wins over the same words with other punctuation, and these over a kind's words inside a
    longer name (« Mission locale de Creil », looked at if `noms_propres`), where the words that come first, then the
    longest, name the kind.
#}
{% macro choisir(ecritures, lu, noms_propres=true) -%}
    select
        e.code,
        e.nature,
        e.millesimes
    from {{ ecritures }} as e
    where
        e.liste = {{ lu }}.liste
        and (
            e.nature <> 'contient' and e.cle = {{ lu }}.cle
            or e.nature <> 'contient' and e.mots = {{ lu }}.mots and {{ lu }}.mots ~ '[a-z]'
            or {{ noms_propres }} and e.nature = 'contient' and ' ' || {{ lu }}.mots || ' ' like '% ' || e.mots || ' %'
        )
    order by
        e.nature <> 'contient' and e.cle = {{ lu }}.cle desc,
        e.nature <> 'contient' desc,
        strpos(' ' || {{ lu }}.mots || ' ', ' ' || e.mots || ' '),
        length(e.mots) desc
    limit 1
{%- endmacro %}

{# Value and state of a field, out of the cells of a line grouped together. #}
{% macro champ(nom, valeur, type=none) -%}
    {%- set cellule = "filter (where champ = '" ~ nom ~ "')" -%}
    (max({{ valeur }}) {{ cellule }}){{ '::' ~ type if type }} as {{ nom }},
    max(etat) {{ cellule }} as {{ nom }}_etat
{%- endmacro %}

{# State of the cell of a list: empty, without object, or filled (its items then say what is known of it). #}
{% macro etat_liste(nom) -%}
    max(etat) filter (where champ = '{{ nom }}') as {{ nom }}_etat
{%- endmacro %}

{# State of a list: filled once an item at least is known; a cell whose items are all unknown gives nothing. #}
{% macro etat_elements(nom) -%}
    case
        when {{ nom }}.codes is not null then 'saisi'
        when cellules.{{ nom }}_etat = 'non_concerne' then 'non_concerne'
        else 'non_renseigne'
    end
{%- endmacro %}
