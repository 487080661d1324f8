{#
    A mart as known at any moment.

    The model's query is the only place where its logic stands: it answers as known at `instant` (models/connu). From it
    come, in the room,
      - <mart>__calcul: a view, the query with the types of the contract;
      - <mart>__connu…: functions over that view, so that a question on the present does not pay for planning the past;
        what they read is looked up by index, even for who joins what they answer by hashing it (reports on the past), and
        planned once per connection: planning costs more than the answer, and no part wants a plan of its own;
      - <mart>: what readers see: the row versions of the release, or, once `entrepot.au` is set, the past;
    and in schema `parutions`, the table <mart> of row versions: a row shows in releases from `parution_du` up to, not
    including, `parution_au`. Only the rows that the new receipts can change are computed again (config `portee`), and
    only those that did change are written: the cost of a release follows the change, and every release stays readable.

    Config:
      - portee: which rows new receipts can change (macro `lignes_touchees`);
      - par: lists of columns by which the past is computed part by part, so that a question on one quarter, or one scope,
        does not compute the others; for each, a model `parts_<columns>` lists the parts, together all of the mart;
      - a_la_lecture: columns that move with the cut-off of a release and not with its receipts, as `arrete_le` does: `garde`
        is what is kept of them, `lu` how readers get them (`@arrete_le` stands for the cut-off);
      - lectures: columns of the indexes that serve readers; with both bounds of the releases, or the planner goes through
        the index of the whole key, which has them.
#}
{% materialization chronique, adapter='postgres' %}
    {%- set mart = this.incorporate(type='view') -%}
    {%- set calcul = api.Relation.create(
        database=this.database, schema=this.schema, identifier=this.identifier ~ '__calcul', type='view') -%}
    {%- set connu = '"' ~ this.schema ~ '"."' ~ this.identifier ~ '__connu' -%}
    {%- set versions = api.Relation.create(
        database=this.database, schema='parutions', identifier=this.identifier, type='table') -%}
    {%- set colonnes = model.columns.values() | list -%}
    {%- set a_la_lecture = {'arrete_le': {'lu': '@arrete_le'}} -%}
    {%- do a_la_lecture.update(config.get('a_la_lecture', {})) -%}
    {%- set gardees = [] -%}
    {%- for c in colonnes if c.name not in a_la_lecture or 'garde' in a_la_lecture[c.name] -%}{%- do gardees.append(c) -%}{%- endfor -%}
    {%- set certaines = gardees | selectattr('constraints', 'ne', []) | list -%}
    {%- set cle = cle_du_mart() -%}
    {%- set touche = ref('touche') -%}
    {%- set arrete = ref('arrete') -%}
    {%- set portee = config.require('portee') -%}
    {%- set par = config.get('par', []) -%}

    {{ run_hooks(pre_hooks) }}
    {% set etat = run_query("select * from " ~ touche).rows[0] %}
    {% if etat['complete'] %}
    {% do get_assert_columns_equivalent(sql) %}
    {% call statement('definition') %}
        create view {{ calcul }} as
        select {% for c in colonnes %}logique.{{ adapter.quote(c.name) }}::{{ c.data_type }} as {{ adapter.quote(c.name) }}
            {{- ', ' if not loop.last }}{% endfor %}
        from ({{ sql }}) as logique;

        {% for part in par or [[]] %}
        create function {{ connu ~ ('_par_' if part else '') ~ (part | join('_')) }}"({% for c in part %}{{ c }}_voulu text{{ ', ' if not loop.last }}{% endfor %})
        returns table ({% for c in colonnes %}{{ adapter.quote(c.name) }} {{ c.data_type }}{{ ', ' if not loop.last }}{% endfor %})
        language plpgsql stable security definer set search_path = '' set max_parallel_workers_per_gather = 0 set enable_nestloop = on set plan_cache_mode = force_generic_plan cost 10000 rows {{ 200 if part else 1000 }} as $corps$
        #variable_conflict use_column
        begin
            return query select * from {{ calcul.include(database=false) }}{% for c in part %} {{ 'where' if loop.first else 'and' }} {{ c }} = {{ c }}_voulu{% endfor %};
        end
        $corps$;
        {% endfor %}

        create table if not exists {{ versions }} (
            {% for c in gardees %}{{ adapter.quote(c.name) }} {{ c.data_type }},
            {% endfor -%}
            parution_du integer not null,
            parution_au integer not null default {{ jamais() }},
            check (parution_du < parution_au)
        );
        {% for c in gardees %}
            alter table {{ versions }} add column if not exists {{ adapter.quote(c.name) }} {{ c.data_type }};
        {% endfor %}
        create unique index if not exists "{{ this.identifier }}_cle" on {{ versions }} (
            {% for c in cle %}{{ adapter.quote(c) }}, {% endfor %}parution_au, parution_du
        ) nulls not distinct;
        {% for index in config.get('lectures', []) %}
            create index if not exists "{{ this.identifier }}_{{ index | join('_') }}" on {{ versions }}
            ({{ index | join(', ') }}, parution_au, parution_du);
        {% endfor %}

        create view {{ mart }} as
        select {% for c in colonnes -%}
            {% if c.name in a_la_lecture -%}
                case
                    when {{ passe_demande() }} then lues.{{ adapter.quote(c.name) }}
                    else {{ a_la_lecture[c.name].lu | replace('@arrete_le', '(select arrete.arrete_le from ' ~ arrete ~ ' as arrete)') }}
                end as {{ adapter.quote(c.name) }}
            {%- else %}lues.{{ adapter.quote(c.name) }}{% endif %}
            {{- ', ' if not loop.last }}{% endfor %}
        from (
            {# Without a condition of its own, so that readers' joins find these rows by index. #}
            select {% for c in colonnes -%}
                {{ 'versions.' ~ adapter.quote(c.name) if c in gardees else 'null::' ~ c.data_type ~ ' as ' ~ adapter.quote(c.name) }}, {% endfor -%}
                versions.parution_du, versions.parution_au
            from {{ versions }} as versions
            {% for part in par or [[]] %}
            union all
            select {% for c in colonnes -%}
                {{ 'parts.' ~ c.name if c.name in part else 'passe.' ~ adapter.quote(c.name) }}, {% endfor -%}
                0 as parution_du, {{ jamais() }} + 1 as parution_au
            {% if part -%}
                from {{ ref('parts_' ~ (part | join('_'))) }} as parts
                cross join lateral {{ connu ~ '_par_' ~ (part | join('_')) }}"({% for c in part %}parts.{{ c }}{{ ', ' if not loop.last }}{% endfor %}) as passe
            {%- else -%}
                from {{ connu }}"() as passe
            {%- endif %}
            where {{ passe_demande() }}
            {% endfor %}
        ) as lues
        where
            lues.parution_du <= (select lue.parution_id from {{ ref('parution_lue') }} as lue)
            and lues.parution_au > (select lue.parution_id from {{ ref('parution_lue') }} as lue);
    {% endcall %}
    {% endif %}

    {% set calculees = lignes_touchees(portee, etat, colonnes | map(attribute='name') | list, 'calculees') %}
    {% set ouvertes = lignes_touchees(portee, etat, colonnes | map(attribute='name') | list, 'ouvertes') %}
    {% call statement('main') %}
        do $corps$
        declare
            fermees bigint := 0;
            ajoutees bigint := 0;
        begin
        {%- if calculees != 'false' %}
            create temporary table nouvelles on commit drop as
            select {% for c in gardees %}
                {{- a_la_lecture[c.name].garde ~ ' as ' ~ c.name if c.name in a_la_lecture else 'calculees.' ~ adapter.quote(c.name) }}
                {{- ', ' if not loop.last }}{% endfor %}
            from {{ calcul }} as calculees where {{ calculees }};
            analyze nouvelles;

            update {{ versions }} as ouvertes set parution_au = {{ etat['parution_id'] }}
            where ouvertes.parution_au = {{ jamais() }} and {{ ouvertes }}
            and not exists (
                select from nouvelles
                where {% for c in gardees %}nouvelles.{{ adapter.quote(c.name) }} {{ '=' if c in certaines else 'is not distinct from' }} ouvertes.{{ adapter.quote(c.name) }}
                {{- ' and ' if not loop.last }}{% endfor %}
            );
            get diagnostics fermees = row_count;

            insert into {{ versions }}
            ({% for c in gardees %}{{ adapter.quote(c.name) }}, {% endfor %}parution_du)
            select {% for c in gardees %}nouvelles.{{ adapter.quote(c.name) }}, {% endfor %}{{ etat['parution_id'] }}
            from nouvelles
            where not exists (
                select from {{ versions }} as ouvertes
                where ouvertes.parution_au = {{ jamais() }} and {{ ouvertes }}
                {% for c in gardees if c.name in cle %} and ouvertes.{{ adapter.quote(c.name) }} {{ '=' if c in certaines else 'is not distinct from' }} nouvelles.{{ adapter.quote(c.name) }}{% endfor %}
            );
            get diagnostics ajoutees = row_count;
        {%- endif %}
            insert into entrepot.parution_mart (parution_id, mart, lignes, ajoutees, retirees)
            select
                {{ etat['parution_id'] }},
                '{{ this.identifier }}',
                coalesce((
                    select avant.lignes
                    from entrepot.parution_mart as avant
                    inner join entrepot.parution as publiees on avant.parution_id = publiees.parution_id
                    where publiees.statut = 'publiee' and avant.mart = '{{ this.identifier }}'
                    order by avant.parution_id desc
                    limit 1
                ), 0) + ajoutees - fermees,
                ajoutees,
                fermees;
        end
        $corps$
    {% endcall %}
    {% if etat['complete'] %}
        {# Readers come at once: without statistics the planner would loop over a hundred thousand rows. #}
        {% call statement('statistiques') %}analyze {{ versions }}{% endcall %}
    {% endif %}

    {% if etat['complete'] %}{% do persist_docs(mart, model) %}{% endif %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [mart]}) }}
{% endmaterialization %}

{#
    End of the rows that the newest release shows: greater than any number of release. Rows as known at a past moment end
    one later, so that asking for this number gives them only.
#}
{% macro jamais() %}{{ return('2147483646') }}{% endmacro %}

{# Columns that tell the rows of a mart apart: its primary key, which a view cannot hold as a constraint. #}
{% macro cle_du_mart() %}
    {%- for contrainte in model.constraints if contrainte.type == 'primary_key' -%}
        {{ return(contrainte.columns) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error('mart ' ~ model.name ~ ' declares no primary key') }}
{% endmacro %}

{#
    Condition on the rows of a mart that a release can change, as literals: the planner then reads only those.

    portee:
      - retour: rows of a territory and quarter whose return changed;
      - territoire: all rows of a territory whose return changed;
      - suite_territoire: of a territory whose return changed, that quarter and the following ones (series);
      - trimestre, suite: rows of a quarter (of it and the following ones), for the scopes the territory belongs to;
      - campagne: rows of a campaign (and of the following one, which is compared with it);
      - envois: rows of a quarter of which something was received, or that fell due;
      - reference: rows that rest on reference data only;
      - tout: small marts, computed whole.
#}
{% macro lignes_touchees(portee, etat, colonnes, alias) %}
    {%- set territoires = alias ~ ".territoire_id = any('" ~ etat['territoires'] ~ "'::text[])" -%}
    {%- set trimestres = alias ~ ".trimestre = any('" ~ etat['trimestres'] ~ "'::text[])" -%}
    {%- set suite = alias ~ ".trimestre >= '" ~ etat['premier_trimestre'] ~ "'" -%}
    {%- set codes = alias ~ ".code = any('" ~ etat['codes'] ~ "'::text[])" -%}
    {%- if etat['complete'] or portee == 'tout' -%} {{ return('true') }}
    {%- elif portee == 'envois' -%} {{ return('true' if etat['ouverture'] else alias ~ ".trimestre = any('" ~ etat['envois'] ~ "'::text[])") }}
    {%- elif portee == 'reference' or etat['territoires'] == '{}' -%} {{ return('false') }}
    {%- elif portee == 'campagne' -%} {{ return('true' if etat['ouverture'] else alias ~ ".campagne = any('" ~ etat['campagnes'] ~ "'::text[])") }}
    {%- elif portee == 'retour' -%} {{ return(territoires ~ ' and ' ~ trimestres) }}
    {%- elif portee == 'territoire' -%} {{ return('true' if etat['ouverture'] else territoires) }}
    {%- elif portee == 'suite_territoire' -%} {{ return(suite ~ ('' if etat['ouverture'] else ' and ' ~ territoires)) }}
    {%- elif portee == 'trimestre' -%} {{ return(trimestres ~ ('' if etat['ouverture'] else ' and ' ~ codes)) }}
    {%- elif portee == 'suite' -%} {{ return(suite ~ ('' if etat['ouverture'] else ' and ' ~ codes)) }}
    {%- else -%} {{ exceptions.raise_compiler_error('unknown portee: ' ~ portee) }}
    {%- endif -%}
{% endmacro %}

{# What a chronique rests on besides its query: a materialization cannot declare it by itself. #}
{% macro sur_la_parution() -%}
    {%- do ref('touche') -%}
    {%- do ref('arrete') -%}
    {%- do ref('parution_lue') -%}
    {%- for c in (
        'campagne', 'trimestre', 'trimestre_public', 'trimestre_niveau', 'trimestre_niveau_code',
        'trimestre_niveau_public'
    ) -%}
        {%- do ref('parts_' ~ c) -%}
    {%- endfor -%}
{%- endmacro %}

{#
    Tables just written have no statistics: over many receipts the planner would guess a handful of rows and loop over, or
    sort, a million. Hashing is right for them; for a few receipts, looking them up by index is.
#}
{% macro planifier(beaucoup) -%}
    {%- if this.identifier not in ('stg_recepisses', 'int_lot') -%}
    set local work_mem = '64MB';
    select
        set_config('enable_nestloop', case when {{ beaucoup }} then 'off' else 'on' end, true),
        set_config('enable_mergejoin', case when {{ beaucoup }} then 'off' else 'on' end, true)
    {%- endif -%}
{%- endmacro %}

{# New statistics where much was written: a few receipts do not change what the planner has to know. #}
{% macro analyser(beaucoup) -%}
    do $corps$
    begin
        if {{ beaucoup }} then
            analyze {{ this }};
        end if;
    end
    $corps$
{%- endmacro %}
