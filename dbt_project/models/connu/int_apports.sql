{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['territoire_id', 'trimestre'],
    indexes=[{'columns': ['territoire_id', 'trimestre', 'connu_du'], 'unique': true}],
    pre_hook="{{ planifier('(select complete from calcul.touche)') }}",
    post_hook="{{ analyser('(select complete or ouverture from calcul.touche)') }}"
) }}

-- What a territory brings to the sums of a quarter, from each moment at which that changed to the next: vectors whose
-- places are those of macros `place`. Axes are those of the quarter, then since the first one.
with

departs as (
    select
        recepisse.territoire_id,
        min(recepisse.trimestre) as trimestre
    from {{ source('entrepot', 'connaissance') }} as connaissance
    inner join {{ source('entrepot', 'recepisse') }} as recepisse on connaissance.recepisse_id = recepisse.recepisse_id
    cross join {{ ref('touche') }} as touche
    where connaissance.parution_id = touche.parution_id
    group by recepisse.territoire_id
),

suivis as (
    select
        suivi.*,
        ouvertures.rang,
        campagnes.campagne is not null as campagne,
        campagnes.echeance
    from {{ ref('int_suivi') }} as suivi
    inner join {{ ref('int_ouvertures') }} as ouvertures on suivi.trimestre = ouvertures.trimestre
    inner join {{ ref('con_trimestres') }} as campagnes on suivi.trimestre = campagnes.trimestre
    {% if is_incremental() %}
        cross join {{ source('entrepot', 'parution') }} as parution
        left join departs on suivi.territoire_id = departs.territoire_id
        where
            parution.statut = 'en_cours'
            and (departs.trimestre <= suivi.trimestre or ouvertures.ouvert_le > parution.arrete_precedent)
    {% endif %}
),

-- What was sent changes at moments of its own: a rejected file, a return found late.
moments as (
    select
        territoire_id,
        trimestre,
        connu_du as moment
    from suivis
    union
    select
        envois.territoire_id,
        envois.trimestre,
        envois.connu_du as moment
    from suivis
    inner join {{ ref('int_envois') }} as envois
        on suivis.territoire_id = envois.territoire_id and suivis.trimestre = envois.trimestre
),

periodes as (
    select
        territoire_id,
        trimestre,
        moment as connu_du,
        lead(moment, 1, 'infinity'::timestamptz) over suite as connu_au
    from moments
    window suite as (partition by territoire_id, trimestre order by moment)
)

select
    suivis.territoire_id,
    suivis.trimestre,
    periodes.connu_du,
    periodes.connu_au,
    (suivis.recepisse_id is not null)::integer as repond,
    (suivis.axes is not null)::integer as a_repondu,
    (
        suivis.recepisse_id is not null
        and (envois.premier_accepte_le at time zone 'Europe/Paris')::date > suivis.echeance
    )::integer as hors_delai,
    (suivis.recepisse_id is null and coalesce(envois.nb_rejetes, 0) > 0)::integer as rejete,
    case
        when suivis.axes is not null
            then coalesce(lus.axes, array_fill(0::numeric, array[cardinality(suivis.axes)])) || suivis.axes
    end as axes,
    lus.gouvernance,
    beneficiaires.beneficiaires,
    case when suivis.campagne and suivis.recepisse_id is not null then partenaires.partenaires end as partenaires,
    -- How many territories associate 0 kinds of partner, 1 kind, 2 kinds…, of those that gave one usable answer.
    case
        when suivis.campagne and suivis.recepisse_id is not null
            then array(
                select (partenaires.repondants > 0 and rang.rang = partenaires.associes)::integer::bigint
                from generate_series(0, cardinality(lus.associes)) as rang (rang)
            )
    end as nombres_associes
from suivis
inner join periodes
    on
        suivis.territoire_id = periodes.territoire_id
        and suivis.trimestre = periodes.trimestre
        and suivis.connu_du <= periodes.connu_du
        and suivis.connu_au > periodes.connu_du
left join {{ ref('int_envois') }} as envois
    on
        periodes.territoire_id = envois.territoire_id
        and periodes.trimestre = envois.trimestre
        and periodes.connu_du >= envois.connu_du
        and periodes.connu_du < envois.connu_au
left join {{ ref('int_vecteurs') }} as lus on suivis.recepisse_id = lus.recepisse_id
cross join
    lateral (
        select
            array_agg(coalesce(serie.flux, 0) order by serie.numero)
            || array_agg((serie.flux is not null)::integer::bigint order by serie.numero)
            || array_agg(coalesce(serie.cumul, 0) order by serie.numero)
            || array_agg((serie.cumul is not null)::integer::bigint order by serie.numero)
            -- Carried on from an earlier quarter; over several quarters; since the last cumul given (or the first
            -- quarter), something is missing.
            || array_agg(
                (serie.cumul is not null and serie.rang_valeur < suivis.rang)::integer::bigint order by serie.numero
            )
            || array_agg(
                (serie.flux is not null and serie.flux_nb_trimestres > 1)::integer::bigint order by serie.numero
            )
            || array_agg(
                (serie.cumul is not null and serie.nb_flux <> suivis.rang - serie.rang_base)::integer::bigint
                order by serie.numero
            ) as beneficiaires
        from
            unnest(
                suivis.flux,
                suivis.flux_nb_trimestres,
                suivis.cumul,
                suivis.rang_base,
                suivis.nb_flux,
                suivis.rang_valeur
            ) with ordinality
                as serie (flux, flux_nb_trimestres, cumul, rang_base, nb_flux, rang_valeur, numero)
    ) as beneficiaires
left join
    lateral (
        select
            array_agg(mesures.valeur order by partenaire.numero, mesures.rang) as partenaires,
            coalesce(sum(partenaire.associe) filter (where mesures.rang = 1), 0)::integer as associes,
            count(*) filter (
                where
                mesures.rang = 1
                and (
                    partenaire.associe is not null or partenaire.cofinanceur is not null or partenaire.note is not null
                )
            ) as repondants
        from
            unnest(lus.associes, lus.cofinanceurs, lus.notes, suivis.notes_avant)
            with ordinality as partenaire (associe, cofinanceur, note, note_avant, numero)
        cross join lateral (select partenaire.note is not null and partenaire.note_avant is not null as commun) as deux
        cross join
            lateral unnest(
                array[
                    coalesce(partenaire.associe, 0),
                    (partenaire.associe is not null)::integer,
                    coalesce(partenaire.cofinanceur, 0),
                    (partenaire.note is not null)::integer,
                    coalesce(partenaire.note >= 3, false)::integer,
                    coalesce(partenaire.note, 0),
                    deux.commun::integer,
                    case when deux.commun then partenaire.note_avant else 0 end,
                    case when deux.commun then partenaire.note else 0 end,
                    (deux.commun and partenaire.note_avant >= 3)::integer,
                    (deux.commun and partenaire.note >= 3)::integer
                ]::bigint[]
            ) with ordinality as mesures (valeur, rang)
    ) as partenaires
    on suivis.campagne
