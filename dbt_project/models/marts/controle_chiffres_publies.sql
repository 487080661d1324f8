{{ config(portee='tout') }}

-- Each published figure beside ours, computed on the returns in force when it was known and rounded as it was
-- published.
with

chiffres as (
    select
        *,
        -- The whole day is in, Paris time.
        ((connu_le + 1)::timestamp at time zone 'Europe/Paris') - interval '1 microsecond' as limite
    from {{ ref('con_chiffres_publies') }}
    where comparaison <> 'objectif'
),

retours as (
    select
        chiffres.indicateur,
        chiffres.trimestre as trimestre_compare,
        recepisses.recepisse_id,
        recepisses.territoire_id,
        recepisses.trimestre
    from chiffres
    cross join {{ ref('instant') }} as instants
    -- In force at the end of the day the figure speaks of, or at the instant if that comes first.
    inner join {{ source('entrepot', 'vigueur') }} as recepisses
        on
            recepisses.genre = 'retour'
            and chiffres.trimestre >= recepisses.trimestre
            and least(chiffres.limite, instants.instant) >= recepisses.connu_du
            and recepisses.connu_au > least(chiffres.limite, instants.instant)
),

axes as (
    select
        retours.indicateur,
        sum(case voulus.mesure when 'occurrences' then axes.occurrences else axes.actions_frein end) as valeur,
        count(distinct retours.territoire_id) as denominateur
    from retours
    inner join (
        values
        ('actions_coordination', 'recenser_federer', 'occurrences'),
        ('actions_evenements', 'aller_vers', 'occurrences'),
        ('actions_freins', 'innover', 'actions_frein')
    ) as voulus (chiffre, axe, mesure) on retours.indicateur = voulus.chiffre
    inner join {{ ref('int_axes') }} as axes
        on retours.recepisse_id = axes.recepisse_id and voulus.axe = axes.axe
    group by retours.indicateur
),

-- The last cumul known of each territory (the figures compared are of quarters that ask for cumuls).
cumuls as (
    select distinct on (retours.indicateur, retours.territoire_id)
        retours.indicateur,
        retours.territoire_id,
        lus.valeur
    from retours
    inner join (
        values
        ('beneficiaires_identifies', 'identifies'),
        ('beneficiaires_touches_frein', 'touches_frein')
    ) as voulus (chiffre, mesure) on retours.indicateur = voulus.chiffre
    inner join {{ ref('int_beneficiaires') }} as lus
        on
            retours.recepisse_id = lus.recepisse_id
            and voulus.mesure = lus.indicateur
            and lus.public = 'ensemble'
            and lus.sexe = 'T'
            and lus.nature = 'cumul'
    where lus.valeur is not null
    order by retours.indicateur asc, retours.territoire_id asc, retours.trimestre desc
),

beneficiaires as (
    select
        indicateur,
        sum(valeur) as valeur,
        count(*) as denominateur
    from cumuls
    group by indicateur
),

gouvernance as (
    select
        retours.indicateur,
        100.0 * count(*) filter (where lues.valeur_code = 'oui' or lues.valeur_nombre >= 4) / count(*) as valeur,
        count(*) as denominateur
    from retours
    inner join (
        values
        ('part_animateur_volet_emploi', 'animateur_volet_emploi'),
        ('part_bonne_cooperation', 'niveau_cooperation')
    ) as voulus (chiffre, question) on retours.indicateur = voulus.chiffre
    inner join {{ ref('int_gouvernance') }} as lues
        on retours.recepisse_id = lues.recepisse_id and voulus.question = lues.question
    where
        retours.trimestre = retours.trimestre_compare
        and (lues.valeur_code is not null or lues.valeur_nombre is not null)
    group by retours.indicateur
),

partenaires_par_cite as (
    select
        retours.indicateur,
        retours.territoire_id,
        count(*) filter (where lus.associe) as nb_associes
    from retours
    inner join {{ ref('int_partenariats') }} as lus on retours.recepisse_id = lus.recepisse_id
    where
        retours.trimestre = retours.trimestre_compare
        and (lus.associe is not null or lus.cofinanceur is not null or lus.satisfaction is not null)
    group by retours.indicateur, retours.territoire_id
),

partenaires as (
    select
        indicateur,
        case indicateur
            when 'reponses_asdo' then count(*)
            when 'partenaires_moyenne' then avg(nb_associes)
            when 'partenaires_maximum' then max(nb_associes)
        end as valeur,
        case
            when indicateur = 'reponses_asdo' then (select count(*) from {{ ref('con_territoires') }})
            else count(*)
        end as denominateur
    from partenaires_par_cite
    where indicateur in ('reponses_asdo', 'partenaires_moyenne', 'partenaires_maximum')
    group by indicateur
),

hausses as (
    select
        chiffres.indicateur,
        100.0 * count(*) filter (where bilan.evolution_note > 0) / nullif(count(bilan.evolution_note), 0) as valeur,
        count(bilan.evolution_note) as denominateur
    from chiffres
    inner join {{ ref('bilan_partenariats') }} as bilan on chiffres.campagne = bilan.campagne
    where chiffres.indicateur = 'part_partenaires_en_hausse'
    group by chiffres.indicateur
),

-- A sum over territories is no count of distinct neighbourhoods or communes: both are kept, under their own names.
referentiel as (
    select
        lignes.indicateur,
        lignes.valeur,
        null::bigint as denominateur
    from (
        select
            (select count(*) from {{ ref('con_territoires') }}) as territoires_labellises,
            (
                select count(*) from {{ ref('con_territoires') }}
                where vague = '2020'
            ) as territoires_vague_1,
            (
                select count(*) from {{ ref('con_territoires') }}
                where vague = '2021'
            ) as territoires_vague_2,
            (select count(*) from {{ ref('con_territoires_qpv2015') }}) as couples_cite_qpv,
            (select count(distinct code_qpv) from {{ ref('con_territoires_qpv2015') }}) as qpv_2015_couverts,
            (select count(*) from {{ ref('con_territoires_communes') }}) as couples_cite_commune,
            (select count(distinct code_commune) from {{ ref('con_territoires_communes') }}) as communes_couvertes,
            (
                select count(distinct code_qpv) from {{ ref('con_qpv2024_communes') }}
                where code_qpv !~ '^QN97'
            ) as qpv_2024_metropole,
            (select count(*) from {{ ref('con_contrats_ville') }}) as contrats_ville_2024
    ) as comptes
    cross join lateral (
        values
        ('territoires_labellises', comptes.territoires_labellises::numeric),
        ('territoires_vague_1', comptes.territoires_vague_1),
        ('territoires_vague_2', comptes.territoires_vague_2),
        ('couples_cite_qpv', comptes.couples_cite_qpv),
        ('qpv_2015_couverts', comptes.qpv_2015_couverts),
        ('couples_cite_commune', comptes.couples_cite_commune),
        ('communes_couvertes', comptes.communes_couvertes),
        ('qpv_2024_metropole', comptes.qpv_2024_metropole),
        ('contrats_ville_2024', comptes.contrats_ville_2024)
    ) as lignes (indicateur, valeur)
),

calculs as (
    select * from axes
    union all
    select * from beneficiaires
    union all
    select * from gouvernance
    union all
    select * from partenaires
    union all
    select * from hausses
    union all
    select * from referentiel
)

select
    chiffres.indicateur,
    chiffres.libelle,
    chiffres.publie_le,
    chiffres.publie_le_texte,
    chiffres.valeur as valeur_publiee,
    chiffres.unite,
    chiffres.precision,
    case chiffres.comparaison
        when 'campagne' then 'Campagne ' || chiffres.campagne
        when 'cumul' then 'Cumul au ' || trimestres.libelle
        when 'trimestre' then trimestres.libelle
        else 'Données de référence'
    end as compare_a,
    chiffres.connu_le,
    round(calculs.valeur, 6) as valeur_calculee,
    (round(calculs.valeur / chiffres.precision) * chiffres.precision)::numeric(14, 2) as valeur_arrondie,
    round(calculs.valeur / chiffres.precision) * chiffres.precision = chiffres.valeur as accord,
    calculs.denominateur::integer as denominateur,
    chiffres.definition,
    chiffres.source
from chiffres
left join calculs on chiffres.indicateur = calculs.indicateur
left join {{ ref('dim_trimestre') }} as trimestres on chiffres.trimestre = trimestres.trimestre
