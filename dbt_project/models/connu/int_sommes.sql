{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['niveau', 'code', 'trimestre', 'connu_du'],
    indexes=[
        {'columns': ['niveau', 'code', 'trimestre', 'connu_du'], 'unique': true},
        {'columns': ['trimestre', 'niveau', 'code', 'connu_au', 'connu_du']}
    ],
    pre_hook=[
        "{{ planifier('(select complete from calcul.touche)') }}",
        "{{ oublier_la_suite() if is_incremental() }}"
    ],
    post_hook="{{ analyser('(select complete or ouverture from calcul.touche)') }}"
) }}

-- What the territories of a scope add up to in a quarter, from each moment at which that changed to the next. A sum as
-- known at any date is one row looked up, whatever the number of returns. Moments before the last release never change:
-- what new receipts bring is added to the last sums.
with

-- What each territory brings to each of its scopes, and when.
presences as (
    select
        perimetres.niveau,
        perimetres.code,
        apports.*,
        bornes.du,
        bornes.au,
        parution.arrete_precedent
    from {{ ref('int_apports') }} as apports
    inner join {{ ref('int_ouvertures') }} as ouvertures on apports.trimestre = ouvertures.trimestre
    inner join {{ ref('int_perimetres_connus') }} as perimetres on apports.territoire_id = perimetres.territoire_id
    cross join {{ source('entrepot', 'parution') }} as parution
    cross join {{ ref('touche') }} as touche
    cross join
        lateral (
            select
                greatest(apports.connu_du, perimetres.connu_du, ouvertures.ouvert_le) as du,
                least(apports.connu_au, perimetres.connu_au) as au
        ) as bornes
    where
        parution.statut = 'en_cours'
        and bornes.du < bornes.au
        {% if is_incremental() %}
            and bornes.au > parution.arrete_precedent
            and (
                apports.territoire_id = any(touche.expediteurs::text[])
                or ouvertures.ouvert_le > parution.arrete_precedent
            )
        {% endif %}
),

evenements as (
    select
        presences.niveau,
        presences.code,
        presences.trimestre,
        evenement.moment,
        evenement.sens,
        evenement.sens as attendus,
        evenement.sens * presences.repond as repondants,
        evenement.sens * presences.a_repondu as ayant_repondu,
        evenement.sens * presences.hors_delai as hors_delai,
        evenement.sens * presences.rejete as rejetes,
        presences.axes,
        presences.gouvernance,
        presences.beneficiaires,
        presences.partenaires,
        presences.nombres_associes
    from presences
    cross join lateral (values (presences.du, 1), (presences.au, -1)) as evenement (moment, sens)
    where
        presences.niveau <> 'territoire'
        and evenement.moment < 'infinity'
        {% if is_incremental() %}
            and evenement.moment > presences.arrete_precedent
        {% endif %}
),

depuis as (
    select * from evenements
    {% if is_incremental() %}
        union all
        select
            dernieres.niveau,
            dernieres.code,
            dernieres.trimestre,
            dernieres.connu_du as moment,
            1 as sens,
            dernieres.nb_attendus as attendus,
            dernieres.nb_repondants as repondants,
            dernieres.nb_ayant_repondu as ayant_repondu,
            dernieres.nb_hors_delai as hors_delai,
            dernieres.nb_rejetes as rejetes,
            dernieres.axes,
            dernieres.gouvernance,
            dernieres.beneficiaires,
            dernieres.partenaires,
            dernieres.nombres_associes
        from (
            select distinct
                niveau,
                code,
                trimestre
            from evenements
        ) as touchees
        inner join {{ this }} as dernieres
            on
                touchees.trimestre = dernieres.trimestre
                and touchees.niveau = dernieres.niveau
                and touchees.code = dernieres.code
                and dernieres.connu_au = 'infinity'
    {% endif %}
),

-- All that happens at a moment is in the sums of each of its lines: the last is kept.
courantes as (
    select
        niveau,
        code,
        trimestre,
        moment,
        row_number() over (partition by niveau, code, trimestre, moment) as rang,
        sum(attendus) over suite as nb_attendus,
        sum(repondants) over suite as nb_repondants,
        sum(ayant_repondu) over suite as nb_ayant_repondu,
        sum(hors_delai) over suite as nb_hors_delai,
        sum(rejetes) over suite as nb_rejetes,
        entrepot.somme_vecteurs(axes, sens) over suite as axes,
        entrepot.somme_vecteurs(gouvernance, sens) over suite as gouvernance,
        entrepot.somme_vecteurs(beneficiaires, sens) over suite as beneficiaires,
        entrepot.somme_vecteurs(partenaires, sens) over suite as partenaires,
        entrepot.somme_vecteurs(nombres_associes, sens) over suite as nombres_associes
    from depuis
    window suite as (partition by niveau, code, trimestre order by moment)
)

select
    niveau,
    code,
    trimestre,
    moment as connu_du,
    lead(moment, 1, 'infinity'::timestamptz) over (partition by niveau, code, trimestre order by moment) as connu_au,
    nb_attendus::integer as nb_attendus,
    nb_repondants::integer as nb_repondants,
    nb_ayant_repondu::integer as nb_ayant_repondu,
    nb_hors_delai::integer as nb_hors_delai,
    nb_rejetes::integer as nb_rejetes,
    axes,
    gouvernance,
    beneficiaires,
    partenaires,
    nombres_associes
from courantes
where rang = 1
union all
-- A territory is the sum of itself.
select
    niveau,
    code,
    trimestre,
    du as connu_du,
    au as connu_au,
    1 as nb_attendus,
    repond as nb_repondants,
    a_repondu as nb_ayant_repondu,
    hors_delai as nb_hors_delai,
    rejete as nb_rejetes,
    axes,
    gouvernance,
    beneficiaires,
    partenaires,
    nombres_associes
from presences
where niveau = 'territoire'
