{#
    Reference data as known at any moment. The model's query reads a seed; each of its rows is kept in schema `historique`
    with the moments between which it was known, and the model shows those of `instant`. The first load is known from
    the beginning of times; a change, from the release that takes it in.
#}
{% materialization historique, adapter='postgres' %}
    {%- set vue = this.incorporate(type='view') -%}
    {%- set histoire = api.Relation.create(
        database=this.database, schema='historique', identifier=this.identifier, type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% set colonnes = get_column_schema_from_query(sql) | map(attribute='quoted') | list %}
    {% call statement('main') %}
        create table if not exists {{ histoire }} as
        select *, '-infinity'::timestamptz as connu_du, 'infinity'::timestamptz as connu_au from ({{ sql }}) as actuelles;

        {# A column the seed did not have is not known of the past. #}
        {% for c in get_column_schema_from_query(sql) %}
            alter table {{ histoire }} add column if not exists {{ c.quoted }} {{ c.data_type }};
        {% endfor %}

        update {{ histoire }} as anciennes set connu_au = parution.commencee_le
        from {{ source('entrepot', 'parution') }} as parution
        where parution.statut = 'en_cours' and anciennes.connu_au = 'infinity' and not exists (
            select from ({{ sql }}) as actuelles
            where {% for c in colonnes %}actuelles.{{ c }} is not distinct from anciennes.{{ c }}{{ ' and ' if not loop.last }}{% endfor %}
        );

        insert into {{ histoire }} ({{ colonnes | join(', ') }}, connu_du, connu_au)
        select {% for c in colonnes %}actuelles.{{ c }}, {% endfor %}parution.commencee_le, 'infinity'
        from ({{ sql }}) as actuelles
        cross join {{ source('entrepot', 'parution') }} as parution
        where parution.statut = 'en_cours' and not exists (
            select from {{ histoire }} as anciennes
            where anciennes.connu_au = 'infinity'
            {% for c in colonnes %} and anciennes.{{ c }} is not distinct from actuelles.{{ c }}{% endfor %}
        );

        analyze {{ histoire }};

        create view {{ vue }} as
        select {{ colonnes | join(', ') }}
        from {{ histoire }}
        where
            connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
            and connu_au > (select instants.instant from {{ ref('instant') }} as instants);
    {% endcall %}
    {% do persist_docs(vue, model) %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [vue]}) }}
{% endmaterialization %}
